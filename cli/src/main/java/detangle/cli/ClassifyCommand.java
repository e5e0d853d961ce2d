package detangle.cli;

import detangle.models.text.WhiteSpace;
import detangle.pipelines.Classification;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.StrongestWindow;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.WindowOptions;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.Scalar;
import detangle.pipelines.task.TextClassification;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "classify",
        aliases = "text-classification",
        description = "Classifies texts, or pairs of texts.",
        mixinStandardHelpOptions = true)
final class ClassifyCommand extends PipelineCommand<TextClassifier> {
    /** The words of {@code --function-to-apply}. */
    static final class Functions extends NamedValues<FunctionToApply> {
        Functions() {
            super(all(FunctionToApply.class), NamedValues::lowerCase);
        }
    }

    @Option(names = "--text-pair", paramLabel = "TEXT", description = "A second text, which goes with each text.")
    private Optional<String> textPair;

    @Option(names = "--pair-column", paramLabel = "NAME", description = "The column that holds the second text.")
    private Optional<String> pairColumn;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "The number of labels to print for a text; 1 by default.")
    private int topK = 1;

    @Option(
            names = "--function-to-apply",
            paramLabel = "NAME",
            converter = Functions.class,
            completionCandidates = Functions.class,
            description = "The function from logits to scores: ${COMPLETION-CANDIDATES}; by default the one that"
                    + " the model's configuration asks for.")
    private Optional<FunctionToApply> function;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = "Read a long text in windows that share N tokens, and print the answer of the strongest"
                    + " window with its place.")
    private Optional<Integer> stride;

    @Option(
            names = "--watch",
            paramLabel = "LABEL",
            split = ",",
            description = "The labels whose scores decide which window is the strongest, such as INJECTION; the"
                    + " most probable label by default.")
    private List<String> watched = List.of();

    @Override
    Path defaultModel() {
        return ShippedModel.folder();
    }

    @Override
    TextClassifier load(Path folder, PipelineOptions options) {
        return function.map(f -> TextClassifier.load(folder, options, f))
                .orElseGet(() -> TextClassifier.load(folder, options));
    }

    @Override
    void check(boolean fromFile) {
        if (topK < 1) {
            throw wrongUse("--top-k must be at least 1");
        }
        textPair.filter(pair -> fromFile && WhiteSpace.isBlank(pair)).ifPresent(pair -> {
            throw wrongUse("--text-pair is empty");
        });
        if (pairColumn.isPresent() && (!fromFile || textPair.isPresent())) {
            throw wrongUse("--pair-column goes with --file, and not with --text-pair");
        }
        if (stride.isPresent() && pairs()) {
            throw wrongUse("--stride is for texts and not for pairs of them");
        }
        if (stride.isEmpty() && !watched.isEmpty()) {
            throw wrongUse("--watch goes with --stride");
        }
    }

    @Override
    List<String> moreColumns() {
        return pairColumn.stream().toList();
    }

    private boolean pairs() {
        return textPair.isPresent() || pairColumn.isPresent();
    }

    @Override
    List<String> columns() {
        return withWindow(List.of("label", "score"), List.of("start", "end"));
    }

    /** Returns the values of a row, with those of its window where texts are read in windows. */
    private <T> List<T> withWindow(List<T> said, List<T> window) {
        return stride.isEmpty()
                ? said
                : Stream.concat(said.stream(), window.stream()).toList();
    }

    @Override
    List<Column> asked() {
        return pairs() ? List.of(Column.text("text"), Column.text("text_pair")) : super.asked();
    }

    @Override
    SequencedMap<String, Object> asked(List<Object> row) {
        return pairs()
                ? Result.object(
                        "text",
                        row.getFirst(),
                        "text_pair",
                        textPair.map(Object.class::cast).orElseGet(() -> row.get(1)))
                : super.asked(row);
    }

    @Override
    List<Column> answer() {
        return withWindow(
                topK == 1
                        ? List.of(Column.text("label"), Column.score("score"))
                        : List.of(Column.listOf("labels", Scalar.TEXT), Column.listOf("scores", Scalar.DOUBLE)),
                List.of(Column.whole("start"), Column.whole("end")));
    }

    @Override
    List<Result> run(TextClassifier classifier, List<List<String>> rows, ProgressListener progress) {
        if (stride.isPresent()) {
            return inWindows(classifier, rows.stream().map(List::getFirst).toList(), progress);
        }
        List<List<String>> inputs = rows.stream()
                .map(row -> textPair.map(pair -> List.of(row.getFirst(), pair)).orElse(row))
                .toList();
        List<List<Classification>> all = pairs()
                ? classifier.classifyPairs(
                        inputs.stream()
                                .map(row -> new TextPair(row.get(0), row.get(1)))
                                .toList(),
                        progress)
                : classifier.classify(inputs.stream().map(List::getFirst).toList(), progress);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(result(i, all.get(i), Result.object()));
        }
        return results;
    }

    private List<Result> inWindows(TextClassifier classifier, List<String> texts, ProgressListener progress) {
        WindowOptions options = new WindowOptions(stride.orElseThrow(), watched);
        List<StrongestWindow> all = classifier.classifyInWindows(texts, options, counting(progress, windows -> 0));
        progress.done(texts.size());
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            StrongestWindow window = all.get(i);
            String text = texts.get(i);
            results.add(result(
                    i,
                    window.labels(),
                    Result.object(
                            "start",
                            Result.codePoint(text, window.start()),
                            "end",
                            Result.codePoint(text, window.end()))));
        }
        return results;
    }

    /** @param window where in the text the labels are from; empty if they are of the whole text */
    private Result result(int index, List<Classification> all, SequencedMap<String, Object> window) {
        List<Classification> best = all.subList(0, Math.min(topK, all.size()));
        List<Object> json = new ArrayList<>();
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Classification c : best) {
            SequencedMap<String, Object> one = TextClassification.json(c, Result.FORM);
            one.putAll(window);
            json.add(one);
            records.add(List.copyOf(one.values()));
            words.add(Result.scored(c.label(), c.score()));
        }
        SequencedMap<String, Object> answer;
        if (topK > 1) {
            answer = Result.object(
                    "labels",
                    records.stream().map(List::getFirst).toList(),
                    "scores",
                    records.stream().map(row -> row.get(1)).toList());
        } else {
            answer = records.isEmpty()
                    ? Result.object()
                    : Result.object(
                            "label",
                            records.getFirst().getFirst(),
                            "score",
                            records.getFirst().get(1));
        }
        if (!best.isEmpty()) {
            answer.putAll(window);
        }
        String where =
                window.isEmpty() || best.isEmpty() ? "" : " at " + window.get("start") + " to " + window.get("end");
        return new Result(index, json, answer, records, String.join(", ", words) + where);
    }
}

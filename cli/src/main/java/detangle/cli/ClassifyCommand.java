package detangle.cli;

import detangle.cli.Column.Scalar;
import detangle.models.text.WhiteSpace;
import detangle.pipelines.Classification;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
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

    @Option(names = "--top-k", paramLabel = "K", description = "Labels to print for a text; 1 by default.")
    private int topK = 1;

    @Option(
            names = "--function-to-apply",
            paramLabel = "NAME",
            converter = Functions.class,
            completionCandidates = Functions.class,
            description = "${COMPLETION-CANDIDATES}; what goes with the model by default.")
    private Optional<FunctionToApply> function;

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
            throw wrongUse("--top-k is at least 1");
        }
        textPair.filter(pair -> fromFile && WhiteSpace.isBlank(pair)).ifPresent(pair -> {
            throw wrongUse("--text-pair is empty");
        });
        if (pairColumn.isPresent() && (!fromFile || textPair.isPresent())) {
            throw wrongUse("--pair-column goes with --file, and not with --text-pair");
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
        return List.of("label", "score");
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
        return topK == 1
                ? List.of(Column.text("label"), Column.score("score"))
                : List.of(Column.listOf("labels", Scalar.TEXT), Column.listOf("scores", Scalar.DOUBLE));
    }

    @Override
    List<Result> run(TextClassifier classifier, List<List<String>> rows, ProgressListener progress) {
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
            results.add(result(
                    i, all.get(i).subList(0, Math.min(topK, all.get(i).size()))));
        }
        return results;
    }

    private Result result(int index, List<Classification> best) {
        List<Object> json = new ArrayList<>();
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Classification c : best) {
            double score = Result.rounded(c.score());
            json.add(Result.object("label", c.label(), "score", score));
            records.add(List.of(c.label(), score));
            words.add(Result.scored(c.label(), c.score()));
        }
        SequencedMap<String, Object> answer;
        if (topK > 1) {
            answer = Result.object(
                    "labels",
                    records.stream().map(List::getFirst).toList(),
                    "scores",
                    records.stream().map(List::getLast).toList());
        } else {
            answer = records.isEmpty()
                    ? Result.object()
                    : Result.object(
                            "label",
                            records.getFirst().getFirst(),
                            "score",
                            records.getFirst().getLast());
        }
        return new Result(index, json, answer, records, String.join(", ", words));
    }
}

package detangle.cli;

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
        return pairs() ? List.of("text", "text_pair", "label", "score") : List.of("text", "label", "score");
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
                    inputs.get(i),
                    all.get(i).subList(0, Math.min(topK, all.get(i).size()))));
        }
        return results;
    }

    private static Result result(List<String> input, List<Classification> best) {
        List<Object> json = new ArrayList<>();
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Classification c : best) {
            double score = Result.rounded(c.score());
            json.add(Result.object("label", c.label(), "score", score));
            List<Object> row = new ArrayList<>(input);
            row.addAll(List.of(c.label(), score));
            records.add(row);
            words.add(Result.scored(c.label(), c.score()));
        }
        return new Result(json, records, String.join(", ", words));
    }
}

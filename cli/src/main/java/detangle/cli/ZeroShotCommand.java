package detangle.cli;

import detangle.pipelines.Classification;
import detangle.pipelines.LabelTree;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.ZeroShotResult;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.Scalar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "zero-shot-classification",
        description =
                "Classifies texts by labels of your own, with a model for natural language inference or a GLiClass"
                        + " one.",
        mixinStandardHelpOptions = true)
final class ZeroShotCommand extends PipelineCommand<ZeroShotClassifier> {
    @Option(
            names = {"--candidate-labels", "--labels"},
            paramLabel = "LABEL",
            split = ",",
            description = "The labels to choose from; spaces around them do not count.")
    private List<String> labels = List.of();

    @Option(
            names = "--hypothesis-template",
            paramLabel = "TEXT",
            description = "A sentence with {} for the label; ${DEFAULT-VALUE} by default.")
    private String template = ZeroShotClassifier.TEMPLATE;

    @Option(names = "--multi-label", description = "Judge each label by itself, so that several may be right.")
    private boolean multiLabel;

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description = "The least probability of a printed label; all labels are printed by default.")
    private double threshold;

    @Mixin
    private LabelArguments asked;

    @Override
    ZeroShotClassifier load(Path folder, PipelineOptions options) {
        ZeroShotClassifier classifier = ZeroShotClassifier.load(folder, options);
        try {
            asked.give(classifier);
            return classifier;
        } catch (RuntimeException | Error e) {
            classifier.close();
            throw e;
        }
    }

    @Override
    void check(boolean fromFile) {
        asked.read(!labels.isEmpty());
        labels = asked.tree().map(LabelTree::paths).orElseGet(() -> names("--candidate-labels", labels));
        if (!(threshold >= 0 && threshold <= 1)) {
            throw wrongUse("--threshold is between 0 and 1");
        }
    }

    @Override
    List<String> columns() {
        return List.of("label", "score");
    }

    @Override
    List<Column> asked() {
        return List.of(Column.text("sequence"));
    }

    @Override
    SequencedMap<String, Object> asked(List<Object> row) {
        return Result.object("sequence", row.getFirst());
    }

    @Override
    List<Column> answer() {
        return asked.returned()
                .map(LabelArguments::columns)
                .orElseGet(() -> List.of(Column.listOf("labels", Scalar.TEXT), Column.listOf("scores", Scalar.DOUBLE)));
    }

    @Override
    List<Result> run(ZeroShotClassifier classifier, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        ZeroShotOptions options =
                asked.options(ZeroShotOptions.DEFAULT.withTemplate(template).withMultiLabel(multiLabel));
        List<ZeroShotResult> all =
                classifier.classify(texts, labels, options, counting(progress, pairs -> pairs / labels.size()));
        return IntStream.range(0, all.size())
                .mapToObj(i -> result(i, all.get(i)))
                .toList();
    }

    private Result result(int index, ZeroShotResult all) {
        // The best label comes first.
        int count =
                (int) all.scores().stream().filter(score -> score >= threshold).count();
        ZeroShotResult result = new ZeroShotResult(
                all.sequence(), all.labels().subList(0, count), all.scores().subList(0, count));
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double score = result.scores().get(i);
            records.add(List.of(result.labels().get(i), Result.rounded(score)));
            words.add(Result.scored(result.labels().get(i), score));
        }
        List<Double> scores = result.scores().stream().map(Result::rounded).toList();
        String text = String.join(", ", words);
        return asked.returned()
                .map(tree -> nested(index, tree, all, records, text))
                .orElseGet(() -> new Result(
                        index,
                        Result.object("sequence", result.sequence(), "labels", result.labels(), "scores", scores),
                        Result.object("labels", result.labels(), "scores", scores),
                        records,
                        text));
    }

    /** Nests the scores as {@code return_hierarchical} of GLiClass does: of all labels, whatever the threshold. */
    private static Result nested(
            int index, LabelTree tree, ZeroShotResult all, List<List<Object>> records, String text) {
        List<Classification> scores = IntStream.range(0, all.labels().size())
                .mapToObj(i -> new Classification(
                        all.labels().get(i), Result.rounded(all.scores().get(i))))
                .toList();
        SequencedMap<String, Object> nested = tree.nested(scores);
        return new Result(index, nested, nested, records, text);
    }
}

package detangle.cli;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LongTexts;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.task.Column;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "extract",
        description = "Finds entities of any kind that is named, with a GLiNER model. Long texts are read in windows.",
        mixinStandardHelpOptions = true)
final class ExtractCommand extends PipelineCommand<EntityExtractor> {
    @Option(
            names = "--labels",
            paramLabel = "LABEL",
            split = ",",
            required = true,
            description = "What to look for: person,iban,\"credit card\".")
    private List<String> labels;

    @Option(names = "--threshold", paramLabel = "P", description = "The least probability; ${DEFAULT-VALUE}.")
    private double threshold = ExtractionOptions.DEFAULT.threshold();

    @Option(
            names = "--relations",
            paramLabel = "RELATION",
            split = ",",
            description = "Relations between entities to look for: \"works for,located in\"; some models find them.")
    private List<String> relations = List.of();

    @Option(
            names = "--relation-threshold",
            paramLabel = "P",
            description = "The least probability of a relation; that of --threshold by default.")
    private Optional<Double> relationThreshold;

    @Option(
            names = "--adjacency-threshold",
            paramLabel = "P",
            description = "The least probability that two entities are related at all; that of --threshold by default.")
    private Optional<Double> adjacencyThreshold;

    @Option(names = "--nested", description = "Allow entities inside one another.")
    private boolean nested;

    @Option(names = "--multi-label", description = "Allow several labels for the same part of a text.")
    private boolean multiLabel;

    @Option(
            names = "--merge-adjacent",
            description = "Join entities of one label that stand next to each other, as NuNER Zero wants it.")
    private boolean mergeAdjacent;

    @Option(
            names = "--cut",
            description = "Cut texts of more words than the model takes, as GLiNER does; they are read in windows"
                    + " otherwise.")
    private boolean cut;

    @Option(
            names = "--label-vectors",
            paramLabel = "FILE",
            description = "A safetensors file with a vector for each label, by its name, instead of those that a"
                    + " bi-encoder computes.")
    private Optional<Path> labelVectors;

    @Override
    EntityExtractor load(Path folder, PipelineOptions options) {
        EntityExtractor extractor = EntityExtractor.load(folder, options);
        try {
            labelVectors.ifPresent(file -> extractor.giveLabelVectors(vectors(file)));
            return extractor;
        } catch (RuntimeException | Error e) {
            extractor.close();
            throw e;
        }
    }

    private static Map<String, float[]> vectors(Path file) {
        try (Weights weights = Weights.open(file)) {
            return weights.reading(() -> {
                Map<String, float[]> vectors = new HashMap<>();
                for (String label : weights.names()) {
                    Tensor vector = weights.get(label);
                    if (vector.rank() != 1 || !vector.dtype().isFloat()) {
                        throw new WeightsException(
                                file, label + " is " + vector.type() + ", and a label's vector is a row of numbers");
                    }
                    vectors.put(label, vector.toFloats());
                }
                return vectors;
            });
        }
    }

    @Override
    void check(boolean fromFile) {
        requireProbability("--threshold", threshold);
        relationThreshold.ifPresent(value -> requireProbability("--relation-threshold", value));
        adjacencyThreshold.ifPresent(value -> requireProbability("--adjacency-threshold", value));
        labels = names("--labels", labels);
        relations = relations.isEmpty() ? relations : names("--relations", relations);
    }

    private void requireProbability(String option, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw wrongUse(option + " is between 0 and 1");
        }
    }

    @Override
    List<Column> answer() {
        return ExtractionResults.columns(!relations.isEmpty());
    }

    @Override
    List<String> columns() {
        // An entity's text is its word here, as the column text holds the row's.
        return EntityResults.names("label");
    }

    @Override
    List<Result> run(EntityExtractor extractor, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        ExtractionOptions options = options();
        List<ExtractionRequest> requests = texts.stream()
                .map(text -> ExtractionRequest.of(text, labels, options).withRelations(relations))
                .toList();
        List<Extraction> all = extractor.run(requests, counting(progress, windows -> 0));
        progress.done(texts.size());
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(ExtractionResults.of(i, texts.get(i), all.get(i), !relations.isEmpty()));
        }
        return results;
    }

    private ExtractionOptions options() {
        ExtractionOptions options = new ExtractionOptions(threshold, !nested, multiLabel)
                .withMergeAdjacent(mergeAdjacent)
                .withLongTexts(cut ? LongTexts.CUT : LongTexts.WINDOWS);
        if (relationThreshold.isPresent()) {
            options = options.withRelationThreshold(relationThreshold.get());
        }
        return adjacencyThreshold.isPresent() ? options.withAdjacencyThreshold(adjacencyThreshold.get()) : options;
    }
}

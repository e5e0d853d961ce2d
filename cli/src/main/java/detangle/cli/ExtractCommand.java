package detangle.cli;

import detangle.ir.InternalException;
import detangle.models.gliner2.Gliner2Config;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LongTexts;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.EntityExtraction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "extract",
        description = "Finds entities of the kinds that you name, with a GLiNER or GLiNER2 model, and"
                + " relations, structures and classes with a GLiNER2 model. Long texts are read in windows.",
        mixinStandardHelpOptions = true)
final class ExtractCommand extends PipelineCommand<Pipeline> {
    /** The description of an option that another command has too. */
    static final String LABELS = "What to look for: person,iban,\"credit card\".";

    @Option(names = "--labels", paramLabel = "LABEL", split = ",", description = LABELS)
    private List<String> labels = List.of();

    @Mixin
    private SchemaArguments schema;

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description = "The least probability of an entity; ${DEFAULT-VALUE} by default.")
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
            description = "Join neighbouring entities of one label, as the model card of NuNER Zero does.")
    private boolean mergeAdjacent;

    @Option(
            names = "--return-class-probs",
            description = "Add the most probable labels of each entity, at most five, to JSON and Parquet; for"
                    + " GLiNER models that score spans.")
    private boolean classProbabilities;

    @Option(
            names = "--cut",
            description = "Cut texts of more words than the model takes, as GLiNER does; they are read in windows"
                    + " otherwise.")
    private boolean cut;

    @Option(names = "--label-vectors", paramLabel = "FILE", description = LabelVectorFile.OPTION)
    private Optional<Path> labelVectors;

    @Mixin
    private OffsetsOption offsets;

    @Override
    Pipeline load(Path folder, PipelineOptions options) {
        if (Gliner2Config.isIn(folder)) {
            refuseForGliner2(folder);
            return SchemaExtractor.load(folder, options);
        }
        if (schema.schema().isPresent() || schema.asksForPolicy()) {
            throw new PipelineException(folder + " is not a GLiNER2 model, and others take none of --schema, --classes"
                    + " and --overlap-policy: name labels with --labels");
        }
        EntityExtractor extractor = EntityExtractor.load(folder, options);
        try {
            labelVectors.ifPresent(file -> extractor.giveLabelVectors(LabelVectorFile.read(file)));
            return extractor;
        } catch (RuntimeException | Error e) {
            extractor.close();
            throw e;
        }
    }

    private void refuseForGliner2(Path folder) {
        boolean ofGliner = nested
                || multiLabel
                || mergeAdjacent
                || classProbabilities
                || labelVectors.isPresent()
                || relationThreshold.isPresent()
                || adjacencyThreshold.isPresent();
        if (ofGliner) {
            throw new PipelineException(folder + " is a GLiNER2 model, which takes none of --nested, --multi-label,"
                    + " --merge-adjacent, --return-class-probs, --label-vectors, --relation-threshold and"
                    + " --adjacency-threshold: leave them out");
        }
        if (!relations.isEmpty()) {
            throw new PipelineException(
                    folder + " is a GLiNER2 model: name relations in the file of --schema, and not with --relations");
        }
    }

    @Override
    void check(boolean fromFile) {
        requireProbability("--threshold", threshold);
        relationThreshold.ifPresent(value -> requireProbability("--relation-threshold", value));
        adjacencyThreshold.ifPresent(value -> requireProbability("--adjacency-threshold", value));
        labels = labels.isEmpty() ? labels : names("--labels", labels);
        relations = relations.isEmpty() ? relations : names("--relations", relations);
        if (relations.isEmpty() && (relationThreshold.isPresent() || adjacencyThreshold.isPresent())) {
            throw wrongUse("--relation-threshold and --adjacency-threshold go with --relations");
        }
        if (classProbabilities && mergeAdjacent) {
            throw wrongUse("--return-class-probs does not go with --merge-adjacent, because it prints the"
                    + " probabilities of spans before they are joined: leave out --merge-adjacent");
        }
        schema.read(labels, maxLength());
    }

    private void requireProbability(String option, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw wrongUse(option + " is between 0 and 1");
        }
    }

    @Override
    List<Column> answer() {
        return schema.schema()
                .map(SchemaResults::columns)
                .orElseGet(() -> classProbabilities
                        ? EntityExtraction.columnsWithClasses(!relations.isEmpty(), labels)
                        : EntityExtraction.columns(!relations.isEmpty()));
    }

    @Override
    boolean marksTexts() {
        return true;
    }

    @Override
    List<String> columns() {
        // An entity's text is its word here, as the column text holds the row's.
        return schema.schema().isPresent() || !relations.isEmpty()
                ? SchemaResults.names()
                : EntityResults.names("label");
    }

    @Override
    List<Result> run(Pipeline pipeline, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        ProgressListener counting = counting(progress, windows -> 0);
        List<Result> results = switch (pipeline) {
            case EntityExtractor extractor -> entities(extractor, texts, counting);
            case SchemaExtractor extractor -> answers(extractor, texts, counting);
            default -> throw new InternalException("extract has loaded " + pipeline);
        };
        progress.done(texts.size());
        return results;
    }

    private List<Result> entities(EntityExtractor extractor, List<String> texts, ProgressListener progress) {
        ExtractionOptions options = options();
        List<ExtractionRequest> requests = texts.stream()
                .map(text -> ExtractionRequest.of(text, labels, options).withRelations(relations))
                .toList();
        List<Extraction> all = extractor.run(requests, progress);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(ExtractionResults.of(i, texts.get(i), all.get(i), !relations.isEmpty(), offsets.form()));
        }
        return results;
    }

    /** Returns the results; with --labels alone, they are those of a GLiNER model. */
    private List<Result> answers(SchemaExtractor extractor, List<String> texts, ProgressListener progress) {
        Schema asked = schema.schema().orElseGet(() -> schema.ofOptions(labels));
        SchemaOptions options = schema.options(threshold, maxLength(), cut);
        List<SchemaAnswer> all = extractor.extract(texts, asked, options, progress);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(
                    schema.schema().isPresent()
                            ? SchemaResults.of(i, texts.get(i), asked, all.get(i), offsets.form())
                            : ExtractionResults.of(
                                    i,
                                    texts.get(i),
                                    new Extraction(all.get(i).entitiesInOrder(), List.of()),
                                    false,
                                    offsets.form()));
        }
        return results;
    }

    private ExtractionOptions options() {
        ExtractionOptions options = new ExtractionOptions(threshold, !nested, multiLabel)
                .withMergeAdjacent(mergeAdjacent)
                .withClassProbabilities(classProbabilities)
                .withLongTexts(cut ? LongTexts.CUT : LongTexts.WINDOWS);
        if (relationThreshold.isPresent()) {
            options = options.withRelationThreshold(relationThreshold.get());
        }
        return adjacencyThreshold.isPresent() ? options.withAdjacencyThreshold(adjacencyThreshold.get()) : options;
    }
}

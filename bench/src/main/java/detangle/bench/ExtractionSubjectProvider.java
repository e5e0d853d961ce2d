package detangle.bench;

import detangle.bench.worker.Subject;
import detangle.bench.worker.SubjectProvider;
import detangle.ir.Tensor;
import detangle.models.gliner2.Gliner2Config;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import detangle.runtime.DetangleVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Pipelines that extract entities, from texts to entities. The options are {@code BACKEND [new-labels]}; with the
 * second, no run has a label that one before it had. A line of a file of requests is a batch: an object with texts and
 * labels.
 */
public final class ExtractionSubjectProvider implements SubjectProvider {
    static final String NAME = "extraction";

    private static final String NEW_LABELS = "new-labels";

    /** Random weights give all spans probabilities near a half, of which trained ones leave a few. */
    private static final double THRESHOLD = 0.9;

    /** Makes the provider for {@link java.util.ServiceLoader}. */
    public ExtractionSubjectProvider() {}

    static String options(String backend, boolean newLabels) {
        return newLabels ? backend + " " + NEW_LABELS : backend;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Subject load(Path model, int threads, List<String> inputs, String options) {
        List<String> words = List.of(options.split(" "));
        boolean newLabels = words.contains(NEW_LABELS);
        Extractor extractor = extractor(model, PipelineOptions.DEFAULT.withBackend(words.getFirst()));
        return new Subject() {
            private final AtomicLong runs = new AtomicLong();

            @Override
            public String version() {
                return "Detangle " + DetangleVersion.number();
            }

            @Override
            public Set<String> inputs() {
                return Set.of();
            }

            @Override
            public Forward prepare(Map<String, Tensor> inputs) {
                throw new UnsupportedOperationException("pipelines take requests, not ids");
            }

            @Override
            public List<Forward> requests(Path file) throws IOException {
                List<Forward> forwards = new ArrayList<>();
                for (String line : Files.readAllLines(file)) {
                    JsonNode batch = JsonMapper.shared().readTree(line);
                    List<String> texts = strings(batch.get("texts"));
                    List<String> labels = strings(batch.get("labels"));
                    forwards.add(() -> extractor.extract(texts, asked(labels)));
                }
                return forwards;
            }

            private List<String> asked(List<String> labels) {
                if (!newLabels) {
                    return labels;
                }
                String number = Long.toString(runs.incrementAndGet(), Character.MAX_RADIX);
                return labels.stream().map(label -> label + number).toList();
            }
        };
    }

    /** A pipeline, from texts to entities. */
    @FunctionalInterface
    private interface Extractor {
        void extract(List<String> texts, List<String> labels);
    }

    private static Extractor extractor(Path model, PipelineOptions options) {
        if (Gliner2Config.isIn(model)) {
            SchemaExtractor extractor = SchemaExtractor.load(model, options);
            SchemaOptions asked = SchemaOptions.DEFAULT.withThreshold(THRESHOLD);
            return (texts, labels) -> extractor.extract(texts, Schema.ofEntities(labels.toArray(String[]::new)), asked);
        }
        EntityExtractor extractor = EntityExtractor.load(model, options);
        ExtractionOptions asked = new ExtractionOptions(THRESHOLD, true, false);
        return (texts, labels) -> extractor.extract(texts, labels, asked);
    }

    private static List<String> strings(JsonNode list) {
        return list.valueStream().map(JsonNode::stringValue).toList();
    }
}

package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.pipelines.Classification;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Models in which all scores are equal choose what the originals' code chose with the same weights, in the same order.
 */
class EqualScoresTest {
    private static final String TEXT = "Ada met Bob in Rome.";
    private static final List<String> WORDS = List.of("0-3", "4-7", "8-11", "12-14", "15-19", "19-20");
    private static final List<String> LABELS = List.of("person", "place", "date");

    @TempDir
    private Path folder;

    /** A fixture's model with some of its tensors replaced: by one value in all places, or by one for each. */
    private Path model(String name, Map<String, float[]> values) throws IOException {
        Path model = FamilyFixture.named(name).write(folder);
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        Path file = model.resolve("model.safetensors");
        try (Weights weights = Weights.open(file)) {
            for (String tensor : weights.names()) {
                Tensor before = weights.get(tensor);
                float[] all = before.toFloats();
                float[] chosen = values.getOrDefault(tensor, all);
                for (int i = 0; i < all.length; i++) {
                    all[i] = chosen[Math.min(i, chosen.length - 1)];
                }
                tensors.put(tensor, Tensor.of(all, before.shape()));
            }
        }
        SafetensorsWriter.write(file, tensors, Map.of());
        return model;
    }

    @ParameterizedTest
    @CsvSource({
        "gliner-token-lstm, scorer.out_mlp.3.weight, 0, scorer.out_mlp.3.bias, 1",
        "gliner-bi-span, prompt_rep_layer.3.weight, 0, prompt_rep_layer.3.bias, 0"
    })
    void entitiesOfEqualScoresAreInTheOrderOfTheOriginal(
            String name, String matrix, float value, String bias, float constant) throws IOException {
        Path model = model(name, Map.of(matrix, new float[] {value}, bias, new float[] {constant}));
        List<String> words =
                WORDS.stream().map(word -> word + " " + LABELS.getFirst()).toList();
        List<String> labelled = WORDS.stream()
                .flatMap(word -> LABELS.stream().map(label -> word + " " + label))
                .toList();
        List<String> first =
                WORDS.stream().map(word -> word.replaceFirst(".*-", "0-")).toList();
        List<String> nested = new ArrayList<>(
                first.stream().map(span -> span + " " + LABELS.getFirst()).toList());
        nested.addAll(words.subList(1, words.size()));
        // Words are labelled before they end; spans end before they are labelled.
        List<String> nestedAndLabelled = new ArrayList<>(
                name.contains("token")
                        ? LABELS.stream()
                                .flatMap(label -> first.stream().map(span -> span + " " + label))
                                .toList()
                        : first.stream()
                                .flatMap(span -> LABELS.stream().map(label -> span + " " + label))
                                .toList());
        nestedAndLabelled.addAll(labelled.subList(LABELS.size(), labelled.size()));
        try (EntityExtractor extractor = EntityExtractor.load(model)) {
            assertEquals(words, found(extractor, true, false));
            assertEquals(labelled, found(extractor, true, true));
            assertEquals(nested, found(extractor, false, false));
            assertEquals(nestedAndLabelled, found(extractor, false, true));
        }
    }

    private static List<String> found(EntityExtractor extractor, boolean flat, boolean several) {
        return extractor.extract(TEXT, LABELS, new ExtractionOptions(0.3, flat, several)).stream()
                .map(entity -> entity.start() + "-" + entity.end() + " " + entity.entity())
                .toList();
    }

    @Test
    void valuesOfEqualScoresAreThoseOfTheOriginal() throws IOException {
        String layers = "span_rep.span_rep_layer.out_project.3.";
        float[] zero = {0};
        Path model = model(
                "gliner2-span",
                Map.of(
                        layers + "weight",
                        zero,
                        layers + "bias",
                        zero,
                        "count_pred.2.weight",
                        zero,
                        "count_pred.2.bias",
                        new float[] {0, 5, 0},
                        "classifier.2.weight",
                        zero));
        Schema schema = SchemaReader.of(JsonMapper.shared().readTree("""
                {"entities": ["person", "place"], "relations": ["met"],
                "structures": {"event": {"fields": [{"name": "who", "dtype": "str"}, "where",
                  {"name": "kind", "dtype": "str", "choices": ["x", "y"]}]}},
                "classifications": [{"task": "topic", "labels": ["a", "b", "c"]}]}
                """));
        String words = """
                [{"text": "Ada", "start": 0, "end": 3}, {"text": "met", "start": 4, "end": 7},
                {"text": "Bob", "start": 8, "end": 11}, {"text": "in", "start": 12, "end": 14},
                {"text": "Rome", "start": 15, "end": 19}, {"text": ".", "start": 19, "end": 20}]
                """;
        JsonNode expected = JsonMapper.shared().readTree("""
                {"event": [{"who": {"text": "Ada", "start": 0, "end": 3}, "where": WORDS, "kind": "x"}],
                "entities": {"person": WORDS, "place": WORDS}, "topic": "a",
                "relation_extraction": {"met": [{"head": {"text": "Ada", "start": 0, "end": 3},
                  "tail": {"text": "Ada", "start": 0, "end": 3}}]}}
                """.replace("WORDS", words));
        try (SchemaExtractor extractor = SchemaExtractor.load(model)) {
            SchemaJson json = new SchemaJson(Optional.empty(), Optional.of(IntUnaryOperator.identity()));
            assertEquals(
                    expected,
                    JsonMapper.shared()
                            .readTree(JsonMapper.shared()
                                    .writeValueAsString(json.write(
                                            schema,
                                            extractor.extract(
                                                    TEXT, schema, SchemaOptions.DEFAULT.withThreshold(0.3))))));
        }
    }

    @Test
    void labelsOfEqualScoresAreInTheOrderInWhichTheyAreAsked() throws IOException {
        Path model = model("gliclass-mlp-avg", Map.of("model.scorer.mlp.4.weight", new float[] {0}));
        List<String> labels = List.of("b", "a", "c");
        try (LabelClassifier classifier = LabelClassifier.load(model)) {
            LabelOptions every = LabelOptions.DEFAULT.withThreshold(0);
            assertEquals(labels, names(classifier.classify(TEXT, labels, every)));
            assertEquals(List.of("b"), names(classifier.classify(TEXT, labels, every.withMultiLabel(false))));
        }
    }

    /** Probabilities that are 1 in single precision are equal, whatever their logits are. */
    @Test
    void labelsThatAreCertainAreInTheOrderInWhichTheyAreAsked() throws IOException {
        Path model = model("gliclass-mlp-avg", Map.of("model.scorer.mlp.4.bias", new float[] {25}));
        List<String> labels = List.of("person", "place", "date", "scientific work");
        try (LabelClassifier classifier = LabelClassifier.load(model)) {
            List<Classification> found = classifier
                    .classifyInChunks(List.of(TEXT), labels, LabelChunks.DEFAULT, LabelOptions.DEFAULT, done -> {})
                    .getFirst();
            assertEquals(labels, names(found));
            assertEquals(
                    1, found.stream().mapToDouble(Classification::score).min().orElseThrow());
        }
    }

    private static List<String> names(List<Classification> found) {
        return found.stream().map(Classification::label).toList();
    }
}

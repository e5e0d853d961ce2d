package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.runtime.ModelArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model with an adapter of PEFT's gives the logits that PEFT's own code gives. */
class AdapterGoldenTest {
    private static final double LOGITS = 1e-5;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"lora-v3", "dora-v3", "lora-v1"})
    void logitsAreThoseOfPeft(String fixture) {
        Path golden = SharedFiles.require("goldens-training/" + fixture);
        for (String backend : new String[] {"reference", "vector"}) {
            SessionOptions options = SessionOptions.DEFAULT.withBackend(backend);
            compare(golden, "logits_before", golden, options.withAdapter(golden.resolve("adapter_before")));
            compare(golden, "logits_after", golden, options.withAdapter(golden.resolve("adapter_after")));
        }
    }

    @Test
    void anArtifactHasTheAdapterInIt() {
        Path golden = SharedFiles.require("goldens-training/dora-v3");
        Path file = folder.resolve("model.dtl");
        ModelArtifact.write(golden, file, ModelArtifact.Options.DEFAULT.withAdapter(golden.resolve("adapter_after")));
        compare(golden, "logits_after", file, SessionOptions.DEFAULT);
    }

    /** An adapter is trained from an encoder that has neither a head nor labels. */
    @Test
    void theHeadAndItsLabelsComeWithTheAdapter() throws IOException {
        Path golden = SharedFiles.require("goldens-training/lora-v3");
        String config = Files.readString(golden.resolve("config.json"));
        Files.writeString(
                folder.resolve("config.json"),
                config.replaceAll("(?s)\"(id2label|label2id)\": \\{.*?\\},", "")
                        .replace("DebertaV2ForSequenceClassification", "DebertaV2ForMaskedLM"));
        SequencedMap<String, Tensor> encoder = new LinkedHashMap<>();
        try (Weights weights = Weights.open(golden)) {
            weights.names().stream()
                    .filter(name -> name.startsWith("deberta."))
                    .forEach(name -> encoder.put(name.substring("deberta.".length()), weights.get(name)));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), encoder, Map.of());
        }
        Path adapter = golden.resolve("adapter_after");
        compare(golden, "logits_after", folder, SessionOptions.DEFAULT.withAdapter(adapter));
        Path file = folder.resolve("model.dtl");
        ModelArtifact.write(folder, file, ModelArtifact.Options.DEFAULT.withAdapter(adapter));
        compare(golden, "logits_after", file, SessionOptions.DEFAULT);
        try (Session session = Session.load(file, SessionOptions.DEFAULT)) {
            assertEquals(3, session.config().numLabels());
        }
    }

    private static void compare(Path golden, String which, Path model, SessionOptions options) {
        compare(golden, which, model, options, LOGITS);
    }

    /** @param which of the logits in the fixture's expected.json */
    static void compare(Path golden, String which, Path model, SessionOptions options, double tolerance) {
        JsonNode expected = json(golden.resolve("expected.json")).path("f64").path(which);
        JsonNode batches = json(golden.resolve("inputs.json")).path("batches");
        assertEquals(batches.size(), expected.size());
        try (Session session = Session.load(model, options)) {
            for (int i = 0; i < batches.size(); i++) {
                Tensor logits = session.run(Map.of(
                                "input_ids", whole(batches.path(i).path("input_ids")),
                                "attention_mask", whole(batches.path(i).path("attention_mask"))))
                        .get("logits");
                double[] want = numbers(expected.path(i)).toArray();
                assertArrayEquals(
                        want, logits.toDoubles(), tolerance, model + " " + options + " " + which + " batch " + i);
            }
        }
    }

    private static JsonNode json(Path file) {
        return new JsonMapper().readTree(file.toFile());
    }

    private static Tensor whole(JsonNode rows) {
        long[] values = numbers(rows).mapToLong(n -> (long) n).toArray();
        return Tensor.of(values, rows.size(), rows.path(0).size());
    }

    private static DoubleStream numbers(JsonNode node) {
        return node.isArray()
                ? Stream.of(node.values().toArray(new JsonNode[0])).flatMapToDouble(AdapterGoldenTest::numbers)
                : DoubleStream.of(node.doubleValue());
    }
}

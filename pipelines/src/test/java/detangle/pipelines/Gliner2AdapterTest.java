package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import detangle.testing.models.TinyGliner2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters of GLiNER2 models, in PEFT's files and in those of before, and artifacts that have them inside. */
class Gliner2AdapterTest {
    private static final List<String> MODULES =
            List.of("encoder.encoder.layer.0.attention.self.query_proj", "classifier.0");
    private static final int RANK = 2;
    private static final float ALPHA = 3;

    @TempDir
    private Path folder;

    private Path model;
    private Path expected;

    /** The model, and the same with W + alpha/r B A in the places of two matrices. */
    @BeforeEach
    void write() throws IOException {
        model = TinyGliner2.write(folder.resolve("model"));
        expected = TinyGliner2.write(folder.resolve("expected"));
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        try (Weights weights = Weights.open(expected)) {
            weights.names()
                    .forEach(name -> tensors.put(
                            name,
                            Tensor.of(
                                    weights.get(name).toFloats(),
                                    weights.get(name).shape())));
        }
        MODULES.forEach(module -> tensors.computeIfPresent(module + ".weight", (name, w) -> merged(module, w)));
        SafetensorsWriter.write(expected.resolve("model.safetensors"), tensors, Map.of());
    }

    private static Tensor merged(String module, Tensor matrix) {
        int rows = Math.toIntExact(matrix.dim(0));
        int columns = Math.toIntExact(matrix.dim(1));
        float[] w = matrix.toFloats();
        float[] a = factor(module, "A", RANK, columns).toFloats();
        float[] b = factor(module, "B", rows, RANK).toFloats();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                for (int k = 0; k < RANK; k++) {
                    w[i * columns + j] += ALPHA / RANK * b[i * RANK + k] * a[k * columns + j];
                }
            }
        }
        return Tensor.of(w, rows, columns);
    }

    private static Tensor factor(String module, String which, int rows, int columns) {
        Random random = new Random((module + which).hashCode());
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, rows, columns);
    }

    private static int rows(String module) {
        return module.startsWith("classifier") ? 64 : 32;
    }

    private Path adapter(String name, String config, String file, String prefix, String suffix) throws IOException {
        Path adapter = Files.createDirectories(folder.resolve(name));
        Files.writeString(adapter.resolve("adapter_config.json"), config);
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        for (String module : MODULES) {
            tensors.put(prefix + module + ".lora_A" + suffix, factor(module, "A", RANK, 32));
            tensors.put(prefix + module + ".lora_B" + suffix, factor(module, "B", rows(module), RANK));
        }
        SafetensorsWriter.write(adapter.resolve(file), tensors, Map.of());
        return adapter;
    }

    private Path peft() throws IOException {
        return adapter("peft", """
                {"peft_type":"LORA","r":2,"lora_alpha":3,"task_type":null,"bias":"none",
                "target_modules":["encoder.encoder.layer.0.attention.self.query_proj","classifier.0"]}
                """, "adapter_model.safetensors", "base_model.model.", ".weight");
    }

    private Path legacy(String targets) throws IOException {
        return adapter("legacy", """
                {"adapter_type":"lora","adapter_version":"1.0","lora_r":2,"lora_alpha":3,"lora_dropout":0.1,
                "target_modules":%s}
                """.formatted(targets), "adapter_weights.safetensors", "", "");
    }

    private static String answer(Path model, PipelineOptions options) {
        Schema schema = Schema.ofEntities("person", "city").and(ClassificationTask.of("topic", "science", "sport"));
        try (SchemaExtractor extractor = SchemaExtractor.load(model, options)) {
            SchemaAnswer answer =
                    extractor.extract("Ada met Charles in London.", schema, SchemaOptions.DEFAULT.withThreshold(0.2));
            StringBuilder all = new StringBuilder();
            answer.classifications()
                    .values()
                    .forEach(labels -> labels.forEach(
                            label -> all.append(label.label()).append(" %.5f ".formatted(label.confidence()))));
            answer.entities()
                    .forEach((kind, found) -> found.forEach(e -> all.append("%s %d-%d %.5f "
                            .formatted(
                                    kind,
                                    e.mention().start(),
                                    e.mention().end(),
                                    e.mention().confidence()))));
            return all.toString();
        }
    }

    @Test
    void adaptersOfBothKindsAreMerged() throws IOException {
        String merged = answer(expected, PipelineOptions.DEFAULT);
        assertNotEquals(merged, answer(model, PipelineOptions.DEFAULT));
        assertEquals(merged, answer(model, PipelineOptions.DEFAULT.withAdapter(peft())));
        Path legacy = legacy("[\"encoder\",\"classifier\"]");
        assertEquals(merged, answer(model, PipelineOptions.DEFAULT.withAdapter(legacy)));
    }

    @Test
    void anArtifactAnswersAsItsModel() throws IOException {
        Path plain = folder.resolve("plain.dtl");
        SchemaExtractor.compile(model, PipelineOptions.DEFAULT, plain);
        assertEquals(answer(model, PipelineOptions.DEFAULT), answer(plain, PipelineOptions.DEFAULT));
        Path adapted = folder.resolve("adapted.dtl");
        SchemaExtractor.compile(model, PipelineOptions.DEFAULT.withAdapter(peft()), adapted);
        assertEquals(answer(expected, PipelineOptions.DEFAULT), answer(adapted, PipelineOptions.DEFAULT));
    }

    @Test
    void anAdapterThatIsNotTheModelsIsRefused() throws IOException {
        Path legacy = legacy("[\"encoder.query\"]");
        WeightsException e = assertThrows(
                WeightsException.class, () -> SchemaExtractor.load(model, PipelineOptions.DEFAULT.withAdapter(legacy)));
        assertTrue(e.getMessage().contains("changes classifier.0, which target_modules"), e.getMessage());
        Path file = legacy.resolve("adapter_weights.safetensors");
        SafetensorsWriter.write(file, new TreeMap<>(Map.of("encoder.a.lora_A", factor("a", "A", 2, 2))), Map.of());
        WeightsException alone = assertThrows(
                WeightsException.class, () -> SchemaExtractor.load(model, PipelineOptions.DEFAULT.withAdapter(legacy)));
        assertTrue(alone.getMessage().contains("is not one of a pair"), alone.getMessage());
    }
}

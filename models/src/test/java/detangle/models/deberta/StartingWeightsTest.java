package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What training begins with, from scratch and from a checkpoint. */
class StartingWeightsTest {
    private static final String WORDS = "deberta.embeddings.word_embeddings.weight";
    private static final Architecture HEAD = Architecture.SEQUENCE_CLASSIFICATION;

    @TempDir
    Path folder;

    private DebertaConfig config(int labels) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, """
                {"model_type":"deberta-v2","vocab_size":400,"hidden_size":32,"num_hidden_layers":1,"num_attention_heads":2,
                "intermediate_size":48,"relative_attention":true,"pos_att_type":"p2c|c2p","max_position_embeddings":24,
                "conv_kernel_size":3,"conv_groups":2,"initializer_range":0.1,"pad_token_id":2,"num_labels":%d}
                """.formatted(labels));
        return DebertaConfig.read(file);
    }

    private static Program program(DebertaConfig config) {
        return TrainingModel.build(config, HEAD, TrainingModelOptions.of(HEAD));
    }

    private static double deviation(Tensor tensor) {
        double[] values = tensor.toDoubles();
        double mean = DoubleStream.of(values).average().orElseThrow();
        return Math.sqrt(DoubleStream.of(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow());
    }

    @Test
    void initialValuesFollowTheOriginals() throws IOException {
        DebertaConfig config = config(3);
        Map<String, Tensor> hf = new InitialWeights(config, Convention.HUGGINGFACE, 7).of(program(config));
        Map<String, Tensor> ms = new InitialWeights(config, Convention.MICROSOFT, 7).of(program(config));
        assertEquals(0.1, deviation(hf.get("deberta.encoder.layer.0.intermediate.dense.weight")), 0.01);
        assertEquals(0.1, deviation(ms.get(WORDS)), 0.005);
        assertEquals(0.1, deviation(hf.get("deberta.encoder.rel_embeddings.weight")), 0.01);
        assertArrayEquals(new float[32], rows(hf.get(WORDS), 2));
        assertTrue(DoubleStream.of(ms.get(WORDS).toDoubles()).skip(64).limit(32).anyMatch(v -> v != 0));
        assertEquals(0, deviation(hf.get("deberta.embeddings.LayerNorm.weight")));
        assertEquals(1, hf.get("deberta.embeddings.LayerNorm.weight").getDouble(5));
        assertEquals(0, hf.get("deberta.embeddings.LayerNorm.bias").getDouble(5));
        assertEquals(0, hf.get("classifier.bias").getDouble(0));
        double bound = 1 / Math.sqrt(16 * 3);
        for (String name : List.of("deberta.encoder.conv.conv.weight", "deberta.encoder.conv.conv.bias")) {
            assertEquals(bound / Math.sqrt(3), deviation(hf.get(name)), 0.02, name);
            assertTrue(DoubleStream.of(hf.get(name).toDoubles()).allMatch(v -> Math.abs(v) <= bound), name);
        }
    }

    private static float[] rows(Tensor table, int row) {
        float[] values = new float[Math.toIntExact(table.dim(1))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) table.getDouble((long) row * values.length + i);
        }
        return values;
    }

    @Test
    void aSeedGivesTheSameValues() throws IOException {
        DebertaConfig config = config(3);
        TensorType type = TensorType.of(DType.F32, 3, 32);
        InitialWeights seven = new InitialWeights(config, Convention.HUGGINGFACE, 7);
        float[] once = seven.of("classifier.weight", type).toFloats();
        assertArrayEquals(once, seven.of("classifier.weight", type).toFloats());
        assertArrayEquals(
                once, seven.of(program(config)).get("classifier.weight").toFloats());
        InitialWeights eight = new InitialWeights(config, Convention.HUGGINGFACE, 8);
        assertNotEquals(once[0], eight.of("classifier.weight", type).getDouble(0));
        assertNotEquals(once[0], seven.of("other.weight", type).getDouble(0));
    }

    /** Writes the parameters of a model whose names do not begin so. */
    private Path checkpoint(int labels, String without) throws IOException {
        DebertaConfig config = config(labels);
        TreeMap<String, Tensor> tensors =
                new TreeMap<>(new InitialWeights(config, Convention.HUGGINGFACE, 1).of(program(config)));
        tensors.keySet().removeIf(name -> name.startsWith(without));
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        return file;
    }

    private StartingWeights start(Path file, int labels, boolean ignoreMismatchedSizes) throws IOException {
        DebertaConfig config = config(labels);
        try (Weights weights = Weights.open(file)) {
            return StartingWeights.of(
                    weights,
                    program(config),
                    Optional.of(HEAD),
                    new InitialWeights(config, Convention.HUGGINGFACE, 7),
                    ignoreMismatchedSizes);
        }
    }

    @Test
    void whatTheCheckpointLacksOfTheHeadIsTold() throws IOException {
        Path file = checkpoint(3, "classifier");
        StartingWeights start = start(file, 3, false);
        assertEquals(
                List.of("classifier.weight", "classifier.bias"),
                start.created().stream().sorted((a, b) -> b.compareTo(a)).toList());
        assertTrue(start.messages(file).getFirst().contains("has no classifier."), start.messages(file)::toString);
        DebertaConfig config = config(3);
        InitialWeights stored = new InitialWeights(config, Convention.HUGGINGFACE, 1);
        assertArrayEquals(
                stored.of(program(config)).get(WORDS).toFloats(),
                start.parameters().get(WORDS).toFloats());
        assertEquals(
                program(config).nodes().stream()
                        .filter(n -> n.op() instanceof TensorOp.Param)
                        .count(),
                start.parameters().size());
        assertThrows(WeightsException.class, () -> start(checkpoint(3, "deberta.encoder.layer"), 3, false));
    }

    @Test
    void headsOfOtherLabelsAreReplacedOnlyWhereThatIsAsked() throws IOException {
        Path file = checkpoint(3, "nothing");
        HeadException refused = assertThrows(HeadException.class, () -> start(file, 5, false));
        assertEquals(
                file
                        + ": has classifier.weight of shape [3,32], and this training needs [5,32]: its head was trained for"
                        + " other labels; pass --ignore-mismatched-sizes to begin with a new one",
                refused.getMessage());
        StartingWeights start = start(file, 5, true);
        assertEquals(2, start.replaced().size());
        assertEquals(List.of(), start.created());
        assertArrayEquals(
                new long[] {5, 32}, start.parameters().get("classifier.weight").shape());
        assertTrue(start.messages(file).getFirst().contains("of shape [3,32] in the place of [5,32]"));
    }

    @Test
    void fromScratchAllIsNew() throws IOException {
        DebertaConfig config = config(3);
        StartingWeights start =
                StartingWeights.fromScratch(program(config), new InitialWeights(config, Convention.HUGGINGFACE, 7));
        assertEquals(start.parameters().size(), start.created().size());
        assertTrue(start.messages(folder).getFirst().endsWith("parameters begin with initial values"));
    }
}

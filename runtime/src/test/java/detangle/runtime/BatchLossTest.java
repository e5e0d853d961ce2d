package detangle.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.InputException;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchLossTest {
    @TempDir
    Path folder;

    private final Random random = new Random(1);

    private DebertaConfig config(int labels, String more) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(
                file,
                "{\"model_type\":\"deberta-v2\",\"vocab_size\":7,\"hidden_size\":8,\"num_hidden_layers\":1,"
                        + "\"num_attention_heads\":1,\"intermediate_size\":8,\"num_labels\":" + labels + more + "}");
        return DebertaConfig.read(file);
    }

    private Tensor floats(long... shape) {
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (4 * random.nextGaussian());
        }
        return Tensor.of(values, shape);
    }

    private static Tensor numbers(double... values) {
        return Tensor.of(values, values.length);
    }

    private void check(
            Architecture head, DebertaConfig config, Map<String, Tensor> outputs, Map<String, Tensor> labels) {
        Map<String, Tensor> inputs = Map.of(
                "input_ids", Tensor.of(new long[] {1, 2, 3, 4, 5, 6}, 2, 3),
                "attention_mask", Tensor.of(new long[] {1, 1, 0, 1, 1, 1}, 2, 3));
        Map<String, Tensor> expected = LossLoops.of(head, config, outputs, inputs, labels);
        Map<String, Tensor> actual = BatchLoss.of(head, config, outputs, inputs, labels);
        assertTrue(expected.containsKey("loss"));
        assertEquals(List.copyOf(expected.keySet()), List.copyOf(actual.keySet()));
        expected.forEach((name, tensor) -> {
            assertEquals(tensor.type(), actual.get(name).type(), name);
            assertArrayEquals(tensor.toDoubles(), actual.get(name).toDoubles(), 1e-6, name);
        });
    }

    private void checkLogits(Architecture head, DebertaConfig config, Tensor logits, Tensor labels) {
        check(head, config, Map.of("logits", logits), Map.of("labels", labels));
    }

    @Test
    void classesOfSequences() throws IOException {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        DebertaConfig config = config(3, "");
        checkLogits(head, config, floats(4, 3), numbers(2, -1, 0, 1));
        checkLogits(head, config, floats(2, 3), numbers(-1, -100));
        checkLogits(head, config, floats(2, 3), Tensor.of(new double[] {0.2, 0.5, 0.3, 1, 0, 0}, 2, 3));
    }

    @Test
    void valuesAndSeveralClassesOfSequences() throws IOException {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        checkLogits(head, config(1, ""), floats(3, 1), numbers(0.5, -2, 7));
        DebertaConfig regression = config(2, ",\"problem_type\":\"regression\"");
        checkLogits(head, regression, floats(2, 2), Tensor.of(new double[] {0.5, 1, 2, -3}, 2, 2));
        DebertaConfig several = config(2, ",\"problem_type\":\"multi_label_classification\"");
        checkLogits(head, several, floats(2, 2), Tensor.of(new double[] {0, 1, 1, 0.25}, 2, 2));
    }

    /** A value for each sequence does not say what each of several outputs should have been. */
    @Test
    void valuesForSomeOutputsAreRefused() throws IOException {
        DebertaConfig config = config(2, ",\"problem_type\":\"regression\"");
        Map<String, Tensor> outputs = Map.of("logits", floats(2, 2));
        Map<String, Tensor> labels = Map.of("labels", numbers(1, 2));
        assertEquals(
                "labels are f64[2], but the logits are f32[2,2]",
                assertThrows(
                                InputException.class,
                                () -> BatchLoss.of(
                                        Architecture.SEQUENCE_CLASSIFICATION, config, outputs, Map.of(), labels))
                        .getMessage());
    }

    @Test
    void classesOfTokensAndChoices() throws IOException {
        DebertaConfig config = config(3, "");
        Tensor labels = Tensor.of(new double[] {0, -100, 2, -100, 1, 1}, 2, 3);
        checkLogits(Architecture.TOKEN_CLASSIFICATION, config, floats(2, 3, 3), labels);
        checkLogits(Architecture.MULTIPLE_CHOICE, config, floats(2, 4), numbers(3, 0));
        Tensor none = Tensor.of(new double[] {-100, -100}, 1, 2);
        checkLogits(Architecture.TOKEN_CLASSIFICATION, config, floats(1, 2, 3), none);
    }

    @Test
    void maskedTokens() throws IOException {
        DebertaConfig config = config(3, "");
        Tensor labels = Tensor.of(new double[] {0, -100, 6, 5, 1, -100}, 2, 3);
        checkLogits(Architecture.MASKED_LM, config, floats(2, 3, 7), labels);
        checkLogits(Architecture.MASKED_LM_EMD, config, floats(2, 3, 7), labels);
        Tensor none = Tensor.of(new double[6], 2, 3);
        checkLogits(Architecture.MASKED_LM_EMD, config, floats(2, 3, 7), none);
    }

    @Test
    void replacedTokens() throws IOException {
        Tensor originals = Tensor.of(new double[] {1, 3, 3, 0, 6, 6}, 2, 3);
        checkLogits(Architecture.REPLACED_TOKEN_DETECTION, config(2, ""), floats(2, 3), originals);
    }

    @Test
    void answers() throws IOException {
        Map<String, Tensor> outputs = Map.of("start_logits", floats(4, 5), "end_logits", floats(4, 5));
        Map<String, Tensor> labels = new HashMap<>();
        labels.put("start_positions", numbers(0, 3, -2, 5));
        labels.put("end_positions", numbers(4, 9, 1, 2));
        check(Architecture.QUESTION_ANSWERING, config(2, ""), outputs, labels);
        labels.put("end_positions", numbers(5, 6, 7, 8));
        check(Architecture.QUESTION_ANSWERING, config(2, ""), outputs, labels);
    }

    @Test
    void labelsThatAreNotClassesAreRefused() throws IOException {
        DebertaConfig config = config(3, "");
        Map<String, Tensor> outputs = Map.of("logits", floats(1, 3));
        Map.of(3.0, "label 3 is outside the 3 labels", 0.5, "label 0.5 is not a whole number, so it is not a class")
                .forEach((label, message) -> assertEquals(
                        message,
                        assertThrows(
                                        InputException.class,
                                        () -> BatchLoss.of(
                                                Architecture.SEQUENCE_CLASSIFICATION,
                                                config,
                                                outputs,
                                                Map.of(),
                                                Map.of("labels", numbers(label))))
                                .getMessage()));
    }
}

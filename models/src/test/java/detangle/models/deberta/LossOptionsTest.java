package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Smoothed labels and weights of classes, against what PyTorch gives. */
class LossOptionsTest {
    private static final double TOLERANCE = 1e-10;

    @TempDir
    Path folder;

    private DebertaConfig config(String more) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(
                file,
                "{\"model_type\":\"deberta-v2\",\"vocab_size\":7,\"hidden_size\":8,\"num_hidden_layers\":1,"
                        + "\"num_attention_heads\":1,\"intermediate_size\":8,\"num_labels\":3" + more + "}");
        return DebertaConfig.read(file);
    }

    private double loss(LossOptions options, double[] logits, long[] labels) throws IOException {
        Builder b = new Builder();
        int rows = labels.length;
        Node scores = b.input("logits", TensorType.of(DType.F64, rows, 3));
        Node wanted = b.input("labels", TensorType.of(DType.I64, rows));
        List<Output> outputs = HeadLosses.outputs(
                b,
                Architecture.SEQUENCE_CLASSIFICATION,
                config(""),
                Map.of(OutputNames.LOGITS, scores, InputNames.LABELS, wanted),
                options);
        Program program = new Program("loss", List.of(scores, wanted), outputs, Map.of());
        return new Interpreter(Precision.F64)
                .run(program, Map.of("logits", Tensor.of(logits, rows, 3), "labels", Tensor.of(labels, rows)))
                .get(HeadLosses.LOSS)
                .getDouble(0);
    }

    @Test
    void smoothedLabelsAndWeightsOfClasses() throws IOException {
        double[] logits = {.1, .5, -.3, 1, 0, 2};
        long[] labels = {1, 0};
        assertEquals(1.0794282390, loss(LossOptions.DEFAULT, logits, labels), TOLERANCE);
        LossOptions smoothed = LossOptions.DEFAULT.withLabelSmoothing(.1);
        // HuggingFace's LabelSmoother adds up the classes in single precision.
        assertEquals(1.0994282455, loss(smoothed, logits, labels), 1e-8);
        LossOptions weighted = LossOptions.DEFAULT.withClassWeights(List.of(2., .5, 1.));
        assertEquals(1.2763348743, loss(weighted, logits, labels), TOLERANCE);
    }

    /** A row whose label is below 0 changes nothing, whatever its logits are. */
    @Test
    void rowsThatDoNotCount() throws IOException {
        LossOptions options = new LossOptions(.2, List.of(2., .5, 1.));
        double expected = loss(options, new double[] {.1, .5, -.3, 1, 0, 2}, new long[] {1, 0});
        double[] more = {.1, .5, -.3, 9, -9, 9, 1, 0, 2};
        assertEquals(expected, loss(options, more, new long[] {1, -1, 0}), TOLERANCE);
        assertEquals(0, loss(options, new double[] {1, 2, 3}, new long[] {-1}));
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() throws IOException {
        LossOptions two = LossOptions.DEFAULT.withClassWeights(List.of(1., 2.));
        LossException count =
                assertThrows(LossException.class, () -> loss(two, new double[] {1, 2, 3}, new long[] {0}));
        assertEquals("there are 2 class weights for 3 classes: give one for each class", count.getMessage());
        assertThrows(LossException.class, () -> LossOptions.DEFAULT.withLabelSmoothing(1.5));
        assertThrows(LossException.class, () -> LossOptions.DEFAULT.withClassWeights(List.of(-1.)));
        DebertaConfig regression = config(",\"problem_type\":\"regression\"");
        LossException classes = assertThrows(
                LossException.class,
                () -> TrainingModel.build(
                        regression,
                        Architecture.SEQUENCE_CLASSIFICATION,
                        TrainingModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION)
                                .withLabelSmoothing(.1)));
        assertTrue(classes.getMessage().contains("the loss of regression has none"), classes.getMessage());
        LossException encoder = assertThrows(
                LossException.class,
                () -> TrainingModel.build(
                        regression, Architecture.ENCODER, TrainingModelOptions.of(Architecture.ENCODER)));
        assertTrue(encoder.getMessage().startsWith("the head encoder is trained for nothing"), encoder.getMessage());
        LossException rate = assertThrows(
                LossException.class,
                () -> TrainingModel.build(
                        regression,
                        Architecture.SEQUENCE_CLASSIFICATION,
                        TrainingModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION)
                                .withDropoutRates(regression.dropout().withHidden(1))));
        assertEquals("a rate of dropout is 1.0; it must be at least 0 and below 1", rate.getMessage());
    }
}

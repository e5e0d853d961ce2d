package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parameters beside an encoder's are held against the configuration. */
class OwnParametersTest {
    private static final String SIZES = "hidden_size 3 of config.json";

    @TempDir
    private Path folder;

    private Weights weights(Map<String, Tensor> tensors) {
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, new LinkedHashMap<>(tensors), Map.of());
        return Weights.open(file);
    }

    private static SequencedMap<String, TensorType> types(String name, long... shape) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        types.put(name, TensorType.of(DType.F32, shape));
        return types;
    }

    private static void assertRefused(Weights weights, String message, Runnable work) {
        WeightsException refusal = assertThrows(WeightsException.class, work::run);
        assertEquals(weights.origin() + ": " + message, refusal.getMessage());
    }

    @Test
    void parametersOfAProgram() {
        Builder b = new Builder();
        Node w = b.param("w", TensorType.of(DType.F32, 2, 3));
        Program program =
                new Program("f", List.of(), List.of(new Output("y", b.unary(UnaryFunction.NEG, w))), Map.of());
        Map<String, TensorType> types = new TreeMap<>();
        OwnParameters.add(types, program);
        assertEquals(Map.of("w", TensorType.of(DType.F32, 2, 3)), types);
    }

    @Test
    void parametersOfAnLstm() {
        Map<String, TensorType> types = new TreeMap<>();
        OwnParameters.addLstm(types, "lstm.", List.of("_l0", "_l0_reverse"), 6);
        assertEquals(8, types.size());
        for (String suffix : List.of("_l0", "_l0_reverse")) {
            assertEquals(TensorType.of(DType.F32, 12, 6), types.get("lstm.weight_ih" + suffix));
            assertEquals(TensorType.of(DType.F32, 12, 3), types.get("lstm.weight_hh" + suffix));
            assertEquals(TensorType.of(DType.F32, 12), types.get("lstm.bias_ih" + suffix));
            assertEquals(TensorType.of(DType.F32, 12), types.get("lstm.bias_hh" + suffix));
        }
    }

    @Test
    void parametersAreRead() {
        try (Weights weights = weights(Map.of("w", Tensor.of(new float[] {1, 2, 3}, 3)))) {
            Map<String, Tensor> read = OwnParameters.read(weights, types("w", 3), SIZES);
            assertEquals(2, read.get("w").getDouble(1));
            OwnParameters.check(weights, types("w", 3), SIZES);
            // A check leaves out what is not there.
            OwnParameters.check(weights, types("other", 3), SIZES);
            assertRefused(
                    weights,
                    "no tensor 'other' among the 1",
                    () -> OwnParameters.read(weights, types("other", 3), SIZES));
            String shape = "w has shape [3], and " + SIZES
                    + " asks for [4]: correct it, or choose the weights that belong to it";
            assertRefused(weights, shape, () -> OwnParameters.read(weights, types("w", 4), SIZES));
            assertRefused(weights, shape, () -> OwnParameters.check(weights, types("w", 4), SIZES));
        }
        try (Weights weights = weights(Map.of("w", Tensor.of(new long[] {1, 2, 3}, 3)))) {
            assertRefused(
                    weights,
                    "w has dtype I64, and a parameter is a floating-point number",
                    () -> OwnParameters.read(weights, types("w", 3), SIZES));
        }
        try (Weights weights = weights(Map.of("w", Tensor.of(new float[] {1, Float.NaN, 3}, 3)))) {
            assertThrows(WeightsException.class, () -> OwnParameters.read(weights, types("w", 3), SIZES));
        }
    }

    @Test
    void tensorsThatAreLeftOverAreNamed() {
        Tensor one = Tensor.of(new float[] {1}, 1);
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("a", one);
        tensors.put("b", one);
        tensors.put("c", one);
        try (Weights weights = weights(tensors)) {
            OwnParameters.refuseUnused(weights, name -> false, "config.json");
            String end = " of the model that no parameter takes: config.json describes another model;"
                    + " --ignore-unused passes over them";
            assertRefused(
                    weights, "holds b" + end, () -> OwnParameters.refuseUnused(weights, "b"::equals, "config.json"));
            assertRefused(
                    weights,
                    "holds a and 2 more tensors" + end,
                    () -> OwnParameters.refuseUnused(weights, name -> true, "config.json"));
        }
    }

    @Test
    void tablesOfWordsHaveTwoSizes() {
        try (Weights weights = weights(Map.of(
                "good", Tensor.of(new float[] {1, 2}, 1, 2),
                "flat", Tensor.of(new float[] {1, 2}, 2),
                "none", Tensor.of(new float[0], 0, 2)))) {
            assertEquals(1, OwnParameters.wordRows(weights, Optional.of("good"), "words"));
            assertRefused(weights, "has no words", () -> OwnParameters.wordRows(weights, Optional.empty(), "words"));
            for (String name : List.of("flat", "none")) {
                assertThrows(WeightsException.class, () -> OwnParameters.wordRows(weights, Optional.of(name), "words"));
            }
        }
    }
}

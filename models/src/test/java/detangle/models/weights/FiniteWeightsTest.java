package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers that are not finite are found wherever they are, and told with their place. */
class FiniteWeightsTest {
    private static final int SMALL = 1 << 16;

    @TempDir
    private Path folder;

    private Weights weights(Map<String, Tensor> tensors) {
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, new LinkedHashMap<>(tensors), Map.of());
        return Weights.open(file);
    }

    private static Tensor with(int elements, int at, float value) {
        float[] values = new float[elements];
        values[at] = value;
        return Tensor.of(values, elements);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 4097, 8191, 9999})
    void theyAreFoundAnywhere(int at) {
        assertFalse(FiniteWeights.isFinite(with(10_000, at, Float.NaN)));
        assertFalse(FiniteWeights.isFinite(with(at + 1, at, Float.NEGATIVE_INFINITY)));
        assertTrue(FiniteWeights.isFinite(with(10_000, at, Float.MAX_VALUE)));
    }

    @Test
    void theFirstIsNamedWithItsPlace() {
        float[] values = new float[24];
        values[17] = Float.POSITIVE_INFINITY;
        values[18] = Float.NaN;
        Tensor whole = Tensor.of(new long[] {1, 2}, 2);
        try (Weights weights = weights(Map.of("a", whole, "w", Tensor.of(values, 2, 3, 4)))) {
            String fault =
                    "tensor 'w' holds Infinity at [1, 1, 1], and not a finite number: the checkpoint is damaged, or"
                            + " its training has diverged";
            assertEquals(Optional.of(fault), FiniteWeights.fault(weights));
            WeightsException refusal = assertThrows(
                    WeightsException.class, () -> FiniteWeights.checkSmall(weights, Map.of("w", weights.get("w"))));
            assertEquals(weights.origin() + ": " + fault, refusal.getMessage());
            FiniteWeights.checkSmall(weights, Map.of("a", whole));
        }
        try (Weights weights = weights(Map.of("a", whole, "w", with(5, 2, 1)))) {
            assertEquals(Optional.empty(), FiniteWeights.fault(weights));
        }
    }

    /** 65520 is the first number that is rounded to infinity in f16. */
    @Test
    void theFirstThatATypeCannotHoldIsNamed() {
        float[] values = new float[3 * 4096];
        values[9000] = 65519;
        assertEquals(Optional.empty(), FiniteWeights.overflow("w", Tensor.of(values, 3, 4096), DType.F16));
        values[9001] = -65520;
        Tensor tensor = Tensor.of(values, 3, 4096);
        Optional<String> fault = Optional.of("tensor 'w' holds -65520.0 at [2, 809], which is beyond f16's 65504.0:"
                + " use bf16 or leave --weight-type out");
        assertEquals(fault, FiniteWeights.overflow("w", tensor, DType.F16));
        assertEquals(Optional.empty(), FiniteWeights.overflow("w", tensor, DType.BF16));
        assertEquals(Optional.empty(), FiniteWeights.overflow("w", tensor, DType.F32));
        assertEquals(
                Optional.of("tensor 'w' holds 3.4028234663852886E38 at [0, 1], which is beyond bf16's 3.3895314E38:"
                        + " leave --weight-type out"),
                FiniteWeights.overflow("w", Tensor.of(new float[] {1, Float.MAX_VALUE}, 1, 2), DType.BF16));
        try (Weights weights = weights(Map.of("a", Tensor.of(new float[] {1e5f}, 1), "w", tensor))) {
            assertEquals(fault, FiniteWeights.overflow(weights, DType.F16));
        }
    }

    @Test
    void largeOnesAreLookedThroughWhereAllAreAskedFor() {
        try (Weights weights = weights(Map.of("w", with(1, 0, 1)))) {
            Map<String, Tensor> small = Map.of("w", with(SMALL, 9, Float.NaN));
            Map<String, Tensor> large = Map.of("w", with(SMALL + 1, 9, Float.NaN));
            assertThrows(WeightsException.class, () -> FiniteWeights.checkSmall(weights, small));
            FiniteWeights.checkSmall(weights, large);
            assertThrows(WeightsException.class, () -> FiniteWeights.check(weights, large));
        }
    }
}

package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    /** HotSpot's limit for methods that are called often. */
    private static final int FREQ_INLINE_SIZE = 325;

    private static final int MANY_VECTORS = 6;

    @Test
    void exponentialsAreWithinTwoUnitsInTheLastPlace() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1_000_000; i++) {
            float x = -87 * random.nextFloat() * random.nextFloat();
            float expected = (float) Math.exp(x);
            assertTrue(
                    Math.abs(exp(x) - expected) <= 2 * Math.ulp(expected), () -> "exp(%s) is %s".formatted(x, exp(x)));
        }
    }

    @Test
    void exponentialsAtTheirEnds() {
        assertEquals(1, exp(0));
        assertEquals(1, exp(-0f));
        assertEquals(0, exp(Float.NEGATIVE_INFINITY));
        assertEquals(0, exp(-1e30f));
        assertTrue(Float.isNaN(exp(Float.NaN)));
    }

    private static float exponentials(float[] values) {
        return VectorMath.exponentials(values, 0, values.length, 1, new float[values.length], 0);
    }

    private static float exp(float x) {
        float[] values = new float[Lanes.COUNT];
        Arrays.fill(values, x);
        values[0] = 0;
        exponentials(values);
        return values[1];
    }

    @Test
    void exponentialsAreOfDifferencesFromTheLargestAndSummed() {
        float[] values = new float[Lanes.COUNT];
        Arrays.fill(values, 5);
        values[0] = 4;
        assertEquals(1 / (Lanes.COUNT - 1 + Math.exp(-1)), exponentials(values), 1e-6);
        assertEquals(Math.exp(-1), values[0], 1e-6);
        assertEquals(1, values[1]);
    }

    @Test
    void nothingButMaskedPlacesBecomesZeros() {
        float[] values = new float[Lanes.COUNT];
        float[] mask = new float[Lanes.COUNT];
        Arrays.fill(mask, -1);
        assertEquals(0, VectorMath.exponentials(values, 0, values.length, 1, mask, 0));
        assertEquals(0, values[0]);
    }

    /** A model whose numbers overflow must not answer as if all were masked. */
    @Test
    void minusInfinityAtAllPlacesIsNaN() {
        float[] values = new float[Lanes.COUNT];
        Arrays.fill(values, Float.NEGATIVE_INFINITY);
        assertTrue(Float.isNaN(exponentials(values)));
    }

    @Test
    void valuesAreScaledAndWhatIsMaskedDoesNotCount() {
        float[] values = new float[Lanes.COUNT];
        float[] mask = new float[Lanes.COUNT];
        values[0] = Float.NaN;
        mask[0] = -1;
        values[1] = 3;
        double sum = Lanes.COUNT - 2 + Math.exp(1.5);
        double factor = VectorMath.exponentials(values, 0, values.length, 0.5f, mask, 0);
        assertEquals(Math.exp(1.5) / sum, factor, 1e-6);
        assertEquals(0, values[0]);
        assertEquals(1, values[1]);
    }

    /** An error function of 1 less one unit in the last place would leave a number in proportion to x. */
    @Test
    void geluOfLargeNumbers() {
        float[] values = new float[Lanes.COUNT];
        for (float large : new float[] {6, 20_963, 1e30f}) {
            Arrays.fill(values, -large);
            VectorMath.gelu(values, 0, Lanes.COUNT, 1, Lanes.COUNT);
            assertEquals(0, values[0], 0);
            Arrays.fill(values, large);
            VectorMath.gelu(values, 0, Lanes.COUNT, 1, Lanes.COUNT);
            assertEquals(large, values[0]);
        }
    }

    @Test
    void geluOfColumnsThatFillNoVector() {
        int columns = Lanes.COUNT + 3;
        int stride = columns + 2;
        float[] values = new float[3 * stride];
        Arrays.fill(values, 1);
        VectorMath.gelu(values, 0, stride, 3, columns);
        for (int i = 0; i < values.length; i++) {
            assertEquals(i % stride < columns ? 0.8413447 : 1, values[i], 1e-6);
        }
    }

    /** What is shorter may be inlined by C2 into a caller so large that it then gives up, and boxes vectors. */
    @Test
    void loopsOfManyVectorsAreTooLargeToBeInlined() throws IOException {
        for (Class<?> c : List.of(
                VectorMath.class,
                VectorFunctions.class,
                VectorAttention.class,
                VectorLayerNorm.class,
                RowPacking.class)) {
            for (Class<?> part : Stream.concat(Stream.of(c), Stream.of(c.getDeclaredClasses()))
                    .toList()) {
                String file = part.getName().substring(part.getPackageName().length() + 1) + ".class";
                try (InputStream in = part.getResourceAsStream(file)) {
                    for (MethodModel method :
                            ClassFile.of().parse(in.readAllBytes()).methods()) {
                        method.code().map(CodeAttribute.class::cast).ifPresent(code -> {
                            long vectors = code.elementStream()
                                    .filter(e -> e instanceof InvokeInstruction i
                                            && i.owner().name().stringValue().endsWith("/FloatVector"))
                                    .count();
                            assertTrue(
                                    vectors < MANY_VECTORS || code.codeLength() > FREQ_INLINE_SIZE,
                                    () -> method.methodName() + " has " + code.codeLength() + " bytes");
                        });
                    }
                }
            }
        }
    }
}

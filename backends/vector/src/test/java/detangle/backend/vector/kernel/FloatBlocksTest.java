package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.UnaryFunction;
import detangle.ir.interpreter.Erf;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Functions of blocks against those of doubles. */
class FloatBlocksTest {
    private static final List<UnaryFunction> FUNCTIONS = List.of(
            UnaryFunction.SIGN,
            UnaryFunction.EXP,
            UnaryFunction.LOG,
            UnaryFunction.RSQRT,
            UnaryFunction.ERF,
            UnaryFunction.TANH,
            UnaryFunction.CEIL,
            UnaryFunction.FLOOR,
            UnaryFunction.SILU);

    private static final int BLOCKS = 100;

    /** Numbers at the ends of the floats, and those that are none. */
    private static final List<Float> ENDS = List.of(
            0f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            Float.MIN_VALUE,
            Float.MIN_NORMAL);

    @Test
    void exponentials() {
        isWithin(1.5, UnaryFunction.EXP, Math::exp, 240);
        agreesAtTheEnds(UnaryFunction.EXP, Math::exp);
    }

    @Test
    void logarithms() {
        isWithin(1.5, UnaryFunction.LOG, Math::log, 3);
        isWithin(1.5, UnaryFunction.LOG, Math::log, 1e-38);
        isWithin(1.5, UnaryFunction.LOG, Math::log, 1e38);
        agreesAtTheEnds(UnaryFunction.LOG, Math::log);
    }

    @Test
    void hyperbolicTangents() {
        isWithin(3, UnaryFunction.TANH, Math::tanh, 2);
        isWithin(3, UnaryFunction.TANH, Math::tanh, 40);
        agreesAtTheEnds(UnaryFunction.TANH, Math::tanh);
    }

    @Test
    void roots() {
        isWithin(1.6, UnaryFunction.RSQRT, x -> 1 / Math.sqrt(x), 100);
        agreesAtTheEnds(UnaryFunction.RSQRT, x -> 1 / Math.sqrt(x));
    }

    @Test
    void errorFunction() {
        isWithin(8, UnaryFunction.ERF, Erf::erf, 0.5);
        isWithin(8, UnaryFunction.ERF, Erf::erf, 10);
        agreesAtTheEnds(UnaryFunction.ERF, Erf::erf);
    }

    @Test
    void sigmoidLinearUnits() {
        isWithin(3, UnaryFunction.SILU, x -> x / (1 + Math.exp(-x)), 80);
    }

    /** An element's result is the same wherever it stands, and however many count. */
    @Test
    void resultsDoNotDependOnTheirPlace() {
        for (UnaryFunction function : FUNCTIONS) {
            float[] x = new float[FloatBlocks.SIZE];
            float[] whole = new float[x.length];
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < x.length; i++) {
                x[i] = random.nextFloat();
            }
            FloatBlocks.unary(function).apply(x, whole, x.length);
            for (int size : List.of(1, 5, 17, 40)) {
                float[] shifted = new float[x.length];
                float[] part = new float[x.length];
                System.arraycopy(x, 7, shifted, 0, size);
                FloatBlocks.unary(function).apply(shifted, part, size);
                for (int i = 0; i < size; i++) {
                    assertEquals(whole[7 + i], part[i], function.text());
                }
            }
        }
    }

    private static void isWithin(double ulps, UnaryFunction function, DoubleUnaryOperator exact, double range) {
        SplittableRandom random = new SplittableRandom(1);
        boolean isSigned = exact.applyAsDouble(-1) == exact.applyAsDouble(-1);
        float[] x = new float[FloatBlocks.SIZE];
        float[] out = new float[x.length];
        for (int block = 0; block < BLOCKS; block++) {
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) ((random.nextDouble() - (isSigned ? 0.5 : 0)) * range);
            }
            FloatBlocks.unary(function).apply(x, out, x.length);
            for (int i = 0; i < x.length; i++) {
                double expected = exact.applyAsDouble(x[i]);
                String what = function.text() + " of " + x[i] + " is " + out[i];
                if (Double.isFinite((float) expected)) {
                    assertTrue(Math.abs(out[i] - expected) <= ulps * Math.ulp((float) expected), what);
                } else {
                    assertEquals((float) expected, out[i], what);
                }
            }
        }
    }

    private static void agreesAtTheEnds(UnaryFunction function, DoubleUnaryOperator exact) {
        float[] x = new float[FloatBlocks.SIZE];
        float[] out = new float[x.length];
        for (int i = 0; i < ENDS.size(); i++) {
            x[i] = ENDS.get(i);
        }
        FloatBlocks.unary(function).apply(x, out, ENDS.size());
        for (int i = 0; i < ENDS.size(); i++) {
            float expected = (float) exact.applyAsDouble(x[i]);
            float allowed = Float.isFinite(expected) ? Math.abs(expected) * 1e-6f + Float.MIN_NORMAL : 1;
            assertEquals(expected, out[i], allowed, function.text() + " of " + x[i]);
        }
    }
}

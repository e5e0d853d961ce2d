package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Activation;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationsTest {
    /** Enough for C2 to compile what the first runs interpret. */
    private static final int RUNS = 20_000;

    private static final int ROWS = 3;
    private static final int COLUMNS = 37;
    private static final double ROUNDING = 1e-6;

    private static float[] values() {
        Random random = new Random(1);
        float[] values = new float[ROWS * COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (4 * random.nextGaussian());
        }
        return values;
    }

    private static double exact(Activation activation, double x) {
        return switch (activation) {
            case NONE -> x;
            case RELU -> Math.max(x, 0);
            case TANH -> Math.tanh(x);
            case SILU -> x / (1 + Math.exp(-x));
            case GELU -> throw new AssertionError(activation);
        };
    }

    /** An element has the same bits at any place of a tile, in interpreted code, and once the code is compiled. */
    @ParameterizedTest
    @EnumSource
    void neitherThePlaceNorTheCompilerChangesABit(Activation activation) {
        float[] first = values();
        Activations.apply(activation, first, 0, COLUMNS, ROWS, COLUMNS);
        for (int i = 0; i < first.length; i++) {
            float[] alone = {values()[i]};
            Activations.apply(activation, alone, 0, 1, 1, 1);
            assertEquals(first[i], alone[0], activation + " of " + values()[i]);
            if (activation != Activation.GELU) {
                assertEquals(exact(activation, values()[i]), first[i], ROUNDING * Math.max(1, Math.abs(first[i])));
            }
        }
        float[] last = first;
        for (int run = 0; run < RUNS; run++) {
            last = values();
            Activations.apply(activation, last, 0, COLUMNS, ROWS, COLUMNS);
        }
        assertArrayEquals(first, last);
    }
}

package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.interpreter.Philox;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VectorPhiloxTest {
    private static final int LONGEST = 200;

    @Test
    void runsHaveTheNumbersThatElementsHave() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 300; i++) {
            agrees(
                    random.nextLong(),
                    random.nextLong() >>> 32 * random.nextInt(2),
                    random.nextLong(1L << 40),
                    random.nextInt(LONGEST));
        }
    }

    /** The counter of blocks goes on into its second word. */
    @Test
    void runsGoBeyond32Bits() {
        agrees(7, 3, (1L << 34) - 50, LONGEST);
    }

    @Test
    void shortRunsBeginAnywhere() {
        for (int first = 0; first < 9; first++) {
            for (int count = 0; count < 9; count++) {
                agrees(5, 2, first, count);
            }
        }
    }

    private static void agrees(long seed, long stream, long first, int count) {
        int at = 3;
        float[] out = new float[at + count + 2];
        Arrays.fill(out, -1);
        VectorPhilox.uniform(seed, stream, first, out, at, count);
        for (int i = 0; i < out.length; i++) {
            boolean inside = i >= at && i < at + count;
            double expected = inside ? Philox.uniform(seed, stream, first + i - at) : -1;
            assertEquals((float) expected, out[i], "element " + (i - at) + " from " + first);
        }
    }
}

package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ShuffleTest {
    private static long[] order(long size, long seed) {
        Shuffle shuffle = new Shuffle(size, seed);
        return LongStream.range(0, size).map(shuffle::at).toArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 16, 17, 255, 256, 257, 1000, 65536, 65537})
    void anOrderHasEachNumberOnce(long size) {
        assertArrayEquals(
                LongStream.range(0, size).toArray(),
                Arrays.stream(order(size, 7)).sorted().toArray());
    }

    @Test
    void ordersOfOtherSeedsAreOthers() {
        assertArrayEquals(order(1000, 7), order(1000, 7));
        assertFalse(Arrays.equals(order(1000, 7), order(1000, 8)));
    }

    /** Each number comes to each place as often, and each of the six orders of three numbers is as frequent. */
    @Test
    void allOrdersAreLikely() {
        int seeds = 6000;
        int[] orders = new int[27];
        int[] first = new int[11];
        for (int seed = 0; seed < seeds; seed++) {
            long[] three = order(3, seed);
            orders[(int) (9 * three[0] + 3 * three[1] + three[2])]++;
            first[(int) new Shuffle(11, seed).at(0)]++;
        }
        assertEquals(6, Arrays.stream(orders).filter(n -> n > 0).count());
        assertEvenly(seeds / 6.0, Arrays.stream(orders).filter(n -> n > 0).toArray());
        assertEvenly(seeds / 11.0, first);
    }

    private static void assertEvenly(double expected, int[] counts) {
        for (int count : counts) {
            assertEquals(expected, count, 4 * Math.sqrt(expected), Arrays.toString(counts));
        }
    }

    /** The numbers of more slots than an array has places. */
    @Test
    void largeOrdersTakeNoMemory() {
        Shuffle shuffle = new Shuffle(1L << 40, 3);
        long[] taken = LongStream.range(0, 1000).map(shuffle::at).distinct().toArray();
        assertEquals(1000, taken.length);
        assertTrue(Arrays.stream(taken).anyMatch(number -> number > 1L << 39));
        assertTrue(Arrays.stream(taken).allMatch(number -> number >= 0 && number < 1L << 40));
    }
}

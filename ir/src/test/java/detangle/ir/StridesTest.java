package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Strides of shapes in rows, of shapes that are broadcast, and of any others. */
class StridesTest {
    @Test
    void theLastAxisIsDense() {
        assertArrayEquals(new int[] {12, 4, 1}, Strides.of(new int[] {2, 3, 4}));
        assertArrayEquals(new int[0], Strides.of(new int[0]));
    }

    @Test
    void axesOfOneRepeat() {
        assertArrayEquals(new int[] {0, 4, 0, 1}, Strides.broadcast(new int[] {3, 1, 4}, new int[] {2, 3, 5, 4}));
        assertArrayEquals(new int[] {0, 0}, Strides.broadcast(new int[0], new int[] {2, 3}));
    }

    @Test
    void offsetsFollowTheElements() {
        int[] shape = {2, 3};
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5}, Strides.offsets(shape, Strides.of(shape)));
        assertArrayEquals(new int[] {0, 2, 4, 1, 3, 5}, Strides.offsets(shape, new int[] {1, 2}));
        assertArrayEquals(new int[] {0, 0, 0, 1, 1, 1}, Strides.offsets(shape, new int[] {1, 0}));
        assertArrayEquals(
                new int[] {0, 10, 100, 110, 1000, 1010, 1100, 1110},
                Strides.offsets(new int[] {2, 2, 2}, new int[] {1000, 100, 10}));
        assertArrayEquals(new int[] {0}, Strides.offsets(new int[0], new int[0]));
        assertArrayEquals(new int[0], Strides.offsets(new int[] {2, 0}, new int[] {1, 1}));
    }

    @Test
    void productsAreOfARange() {
        int[] shape = {2, 3, 5};
        assertEquals(30, Strides.product(shape, 0, 3));
        assertEquals(3, Strides.product(shape, 1, 2));
        assertEquals(1, Strides.product(shape, 2, 2));
    }
}

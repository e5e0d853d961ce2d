package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class TensorTest {
    private static final Tensor OF_SIX = Tensor.of(new int[] {0, 1, 2, 3, 4, 5}, 2, 3);

    @Test
    void partsOfAnyAxisAreCutOut() {
        Tensor rows = OF_SIX.slice(0, 1, 2);
        assertArrayEquals(new long[] {1, 3}, rows.shape());
        assertArrayEquals(new long[] {3, 4, 5}, rows.toLongs());
        Tensor columns = OF_SIX.slice(1, 1, 3);
        assertArrayEquals(new long[] {2, 2}, columns.shape());
        assertArrayEquals(new long[] {1, 2, 4, 5}, columns.toLongs());
        assertArrayEquals(new long[0], OF_SIX.slice(1, 3, 3).toLongs());
    }

    @Test
    void whatLiesOutsideIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> OF_SIX.slice(1, 0, 4));
        assertThrows(IllegalArgumentException.class, () -> OF_SIX.slice(1, -1, 2));
        assertThrows(IllegalArgumentException.class, () -> OF_SIX.slice(0, 2, 1));
    }
}

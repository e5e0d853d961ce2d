package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.Activation;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A matrix that is packed panel by panel gives the bits of one that stands packed. */
class StoredMatrixTest {
    /** Thrown where an element is not finite. */
    private static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static float[] floats(int count) {
        Random random = new Random(count);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = random.nextFloat() - 0.5f;
        }
        return floats;
    }

    private static StoredMatrix stored(float[] weight, int n, int k) {
        return new StoredMatrix(
                (row, count, to, at) -> System.arraycopy(weight, row * k, to, at, count * k), n, k, Fault::new);
    }

    private static float[] product(float[] a, int rows, Panels b) {
        float[] c = new float[rows * b.n()];
        Gemm gemm = new Gemm();
        gemm.left(a, 0, b.k(), rows, b.k());
        gemm.product(b, floats(PackedMatrix.size(1, b.n())), Activation.NONE, c, 0, b.n());
        gemm.run();
        return c;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "16, 96, 64", "5, 100, 33", "70, 7, 200"})
    void bothFormsGiveTheSameBits(int rows, int n, int k) {
        float[] weight = floats(n * k);
        float[] a = floats(rows * k + 1);
        float[] expected = product(a, rows, PackedMatrix.ofRows(weight, 0, n, k));
        StoredMatrix stored = stored(weight, n, k);
        assertArrayEquals(expected, product(a, rows, stored));
        assertArrayEquals(expected, product(a, rows, stored.kept()));
        assertArrayEquals(expected, product(a, rows, stored), "a product that began before it was packed");
    }

    /** Where nobody has deferred the warm-up, as in this process. */
    @Test
    void aProductThatOthersFollowPacksItForGood() {
        StoredMatrix stored = stored(floats(64 * 8), 64, 8);
        Panels packed = assertInstanceOf(PackedMatrix.class, stored.next());
        assertSame(packed, stored.next());
        assertSame(packed, stored.kept());
    }

    @Test
    void whatIsNotFiniteIsRefusedByBoth() {
        float[] weight = floats(40 * 8);
        weight[weight.length - 1] = Float.NaN;
        float[] a = floats(8);
        assertThrows(Fault.class, () -> product(a, 1, stored(weight, 40, 8)));
        assertThrows(Fault.class, () -> stored(weight, 40, 8).kept());
    }
}

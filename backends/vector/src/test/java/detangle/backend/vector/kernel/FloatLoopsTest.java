package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops over floats compute the bits of loops over vectors. */
class FloatLoopsTest {
    private final Random random = new Random(7);

    private float[] floats(int size) {
        float[] x = new float[size];
        for (int i = 0; i < size; i++) {
            x[i] = (float) random.nextGaussian() * 3;
        }
        return x;
    }

    /** Returns what a kernel computes by loops over floats. */
    private static float[] byFloats(Supplier<float[]> kernel) {
        Warmup.useFloats(true);
        try {
            return kernel.get();
        } finally {
            Warmup.useFloats(false);
        }
    }

    private static void assertSameBits(Supplier<float[]> kernel) {
        assertTrue(Warmup.usesVectors());
        float[] expected = kernel.get();
        assertArrayEquals(expected, byFloats(() -> {
            assertFalse(Warmup.usesVectors());
            return kernel.get();
        }));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 6, 14})
    void tiles(int rows) {
        Tile compiled = TileCompiler.compile(rows, false);
        Tile loops = new FloatTile(rows);
        int depth = 37;
        float[] a = floats(rows * depth + 5);
        float[] b = floats(WIDTH * depth + 3);
        float[] c = floats(rows * 2 * WIDTH);
        for (int stride : new int[] {0, WIDTH}) {
            float[] first = floats(rows * WIDTH + 1);
            float[] expected = c.clone();
            compiled.run(a, 5, b, 3, depth, first, 1, stride, expected, 0, 2 * WIDTH);
            float[] out = c.clone();
            loops.run(a, 5, b, 3, depth, first, 1, stride, out, 0, 2 * WIDTH);
            assertArrayEquals(expected, out);
        }
        float[] expected = c.clone();
        compiled.run(a, 5, b, 3, depth, expected, 0, 2 * WIDTH, expected, 0, 2 * WIDTH);
        loops.run(a, 5, b, 3, depth, c, 0, 2 * WIDTH, c, 0, 2 * WIDTH);
        assertArrayEquals(expected, c, "a product that continues another one");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 6, 12, 14})
    void packedRows(int rows) {
        int depth = 39;
        int stride = depth + 2;
        float[] a = floats(3 + rows * stride);
        float[] expected = new float[2 + rows * depth];
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < depth; k++) {
                expected[2 + k * rows + i] = a[3 + i * stride + k];
            }
        }
        Supplier<float[]> packed = () -> {
            float[] to = new float[2 + rows * depth];
            RowPacking.pack(a, 3, stride, rows, depth, to, 2);
            return to;
        };
        assertArrayEquals(expected, packed.get());
        assertSameBits(packed);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 64, 71})
    void layerNorm(int size) {
        float[] x = floats(size + 1);
        float[] residual = floats(size + 2);
        float[] gamma = floats(size);
        float[] beta = floats(size);
        assertSameBits(() -> {
            float[] out = new float[size + 4];
            VectorLayerNorm.add(x, 1, residual, 2, out, 4, size);
            VectorLayerNorm.normalise(out, 4, gamma, beta, 1e-7f, out, 4, size);
            return out;
        });
    }

    @Test
    void gelu() {
        float[] x = floats(4 * 50 + 3);
        x[3] = -0f;
        x[4] = Float.NaN;
        x[5] = 40;
        assertSameBits(() -> {
            float[] out = x.clone();
            VectorMath.gelu(out, 3, 50, 4, 41);
            return out;
        });
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -1, Float.NaN})
    void exponentials(float every) {
        int size = 3 * WIDTH;
        float[] x = floats(size + 1);
        x[2] = -300;
        float[] mask = new float[size + 2];
        for (int i = 0; i < size; i++) {
            mask[2 + i] = every < 0 || i % 5 == 0 ? Float.NEGATIVE_INFINITY : 0;
        }
        x[1] = every; // It is masked out.
        assertSameBits(() -> {
            float[] out = x.clone();
            float scale = VectorMath.exponentials(out, 1, size, 0.3f, mask, 2);
            out[0] = scale;
            return out;
        });
    }

    /** Both position terms, one, or none; of buckets, and of positions that lie far apart. */
    @ParameterizedTest
    @CsvSource({"true,true,1", "true,true,5", "true,false,1", "true,false,5", "false,true,1", "false,false,1"})
    void attention(boolean byQuery, boolean byKey, int apart) {
        int length = 27;
        int size = 20;
        int positions = 2 * length * apart;
        float[][] heads = {floats(length * size), floats(length * size), floats(length * size)};
        PackedMatrix[] tables = {PackedMatrix.ofRows(floats(positions * size), 0, positions, size)};
        PackedMatrix[] none = {};
        int[] rows = new int[2 * length - 1];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = i * apart / (apart == 1 ? 2 : 1);
        }
        RelativeTable table = new RelativeTable();
        table.set(rows, 0, rows.length, length - 1, positions);
        assertEquals(apart == 1, table.isNarrow() || Lanes.COUNT == 1);
        assertSameBits(() -> {
            VectorAttention kernel = new VectorAttention();
            AttentionOperands operands = kernel.operands();
            operands.queries().set(1, length);
            operands.keys().set(1, length);
            operands.mask().setNone();
            operands.q().set(heads[0], 0);
            operands.k().set(heads[1], 0);
            operands.v().set(heads[2], 0);
            float[] out = new float[length * size];
            operands.out().set(out, 0);
            operands.positions().set(byQuery ? tables : none, byKey ? tables : none, table);
            kernel.run(1, 1, size, 0.2);
            return out;
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void weightsOf16Bits(DType dtype) {
        int depth = 19;
        NarrowMatrix matrix = NarrowMatrix.ofRows(
                (row, to, at) -> {
                    for (int k = 0; k < depth; k++) {
                        to[at + k] = (short) ((row * 31 + k * 7) * 97 % 0x7000);
                    }
                },
                dtype,
                WIDTH + 3,
                depth);
        assertSameBits(() -> {
            float[] panel = new float[depth * WIDTH];
            matrix.unpack(1, panel);
            return panel;
        });
    }

    @Test
    void aWarmUpThatHasBegunIsNotDeferred() {
        Warmup.ATTENTION.await();
        Warmup.defer();
        assertFalse(Warmup.isDeferred());
        assertTrue(Warmup.usesVectors());
    }
}

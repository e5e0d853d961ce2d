package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import detangle.ir.Activation;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows of a table of positions are there when they are reached, with the same bits in any order. */
class PositionTableTest {
    private static final int HEADS = 3;
    private static final int SIZE = 20;
    private static final int DEPTH = 24;
    private static final int ROWS = 5 * WIDTH - 7;

    private final float[] rows = floats(ROWS * DEPTH);
    private final float[] weight = floats(HEADS * SIZE * DEPTH);
    private final float[] bias = floats(PackedMatrix.size(1, HEADS * SIZE));

    private static float[] floats(int count) {
        Random random = new Random(count);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = random.nextFloat() - 0.5f;
        }
        return floats;
    }

    private PositionTable projected() {
        PackedMatrix matrix = PackedMatrix.ofRows(weight, 0, HEADS * SIZE, DEPTH);
        return new PositionTable(new ProjectedRows(rows, matrix, bias), ROWS, HEADS, SIZE);
    }

    /** The same table, computed before. */
    private PositionTable stored() {
        float[] table = heads();
        PackedMatrix.RowReader reader =
                (row, count, to, at) -> System.arraycopy(table, row * SIZE, to, at, count * SIZE);
        return new PositionTable(new StoredRows(reader, ROWS), ROWS, HEADS, SIZE);
    }

    /** A table of relative positions with all rows in a range. */
    private static RelativeTable reaching(int least, int most) {
        int[] all = new int[most - least + 1];
        Arrays.setAll(all, i -> most - i);
        RelativeTable table = new RelativeTable();
        table.set(all, 0, all.length, all.length / 2, ROWS);
        return table;
    }

    /** The product of all rows, {@code [A,P,d]}. */
    private float[] heads() {
        int width = HEADS * SIZE;
        float[] projected = new float[ROWS * width];
        Gemm gemm = new Gemm();
        gemm.left(rows, 0, DEPTH, ROWS, DEPTH);
        gemm.product(PackedMatrix.ofRows(weight, 0, width, DEPTH), bias, Activation.NONE, projected, 0, width);
        gemm.run();
        float[] heads = new float[HEADS * ROWS * SIZE];
        for (int head = 0; head < HEADS; head++) {
            for (int row = 0; row < ROWS; row++) {
                System.arraycopy(projected, row * width + head * SIZE, heads, (head * ROWS + row) * SIZE, SIZE);
            }
        }
        return heads;
    }

    /** Each head, packed whole. */
    private PackedMatrix[] expected() {
        float[] all = heads();
        PackedMatrix[] packed = new PackedMatrix[HEADS];
        Arrays.setAll(packed, head -> PackedMatrix.ofRows(all, head * ROWS * SIZE, ROWS, SIZE));
        return packed;
    }

    private static float[] panel(PackedMatrix matrix, int panel) {
        int from = matrix.offset() + panel * SIZE * WIDTH;
        return Arrays.copyOfRange(matrix.data(), from, from + SIZE * WIDTH);
    }

    @Test
    void rowsArePackedWhenTheyAreReached() {
        checkReached(projected());
        checkReached(stored());
    }

    private void checkReached(PositionTable table) {
        PackedMatrix[] expected = expected();
        int[][] ranges = {{2 * WIDTH + 3, 2 * WIDTH + 9}, {WIDTH, 2 * WIDTH}, {3 * WIDTH, ROWS - 1}, {0, 1}};
        int low = Integer.MAX_VALUE;
        int high = 0;
        for (int[] range : ranges) {
            PackedMatrix[] there = table.reaching(reaching(range[0], range[1]));
            low = Math.min(low, range[0] / WIDTH);
            high = Math.max(high, range[1] / WIDTH);
            for (int head = 0; head < HEADS; head++) {
                assertEquals((high - low + 1) * SIZE * WIDTH, there[head].data().length);
                for (int panel = low; panel <= high; panel++) {
                    assertArrayEquals(panel(expected[head], panel), panel(there[head], panel));
                }
            }
        }
    }

    @Test
    void whatIsThereIsNotPackedAgain() {
        checkWhole(projected());
        checkWhole(stored());
    }

    private void checkWhole(PositionTable table) {
        PackedMatrix[] all = table.whole();
        assertSame(all, table.reaching(reaching(0, ROWS - 1)));
        assertSame(all, table.reaching(reaching(WIDTH, WIDTH)));
        PackedMatrix[] expected = expected();
        for (int head = 0; head < HEADS; head++) {
            assertArrayEquals(expected[head].data(), all[head].data());
        }
    }
}

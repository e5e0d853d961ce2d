package detangle.backend.vector.kernel;

import java.util.function.IntFunction;

/**
 * The right operand of a product, {@code [K,N]}, cut into panels of {@link #WIDTH} columns, each with its K rows one
 * after the other: {@code data[(n / WIDTH * K + k) * WIDTH + n % WIDTH]}. Columns beyond N are zero.
 */
public record PackedMatrix(float[] data, int offset, int k, int n) {
    /** Columns of a panel: two vectors. */
    public static final int WIDTH = 2 * Lanes.COUNT;

    /** In the place of a matrix that is not there. */
    static final PackedMatrix NONE = new PackedMatrix(new float[0], 0, 0, 0);

    boolean isPresent() {
        return this != NONE;
    }

    public int panels() {
        return panels(n);
    }

    static int panels(int n) {
        return Math.ceilDiv(n, WIDTH);
    }

    /** Floats that a packed matrix takes. */
    static int size(int k, int n) {
        return Math.multiplyExact(Math.multiplyExact(panels(n), WIDTH), k);
    }

    /** Packs {@code [N,K]} row-major, as linear layers are stored, so that the product is with the transpose. */
    public static PackedMatrix ofRows(float[] rows, int offset, int n, int k) {
        float[] data = new float[size(k, n)];
        packRows(rows, offset, k, n, k, data, 0);
        return new PackedMatrix(data, 0, k, n);
    }

    /** As {@link #ofRows(float[], int, int, int)}, from rows that are read one at a time and never held all at once. */
    public static PackedMatrix ofRows(IntFunction<float[]> rows, int n, int k) {
        float[] data = new float[size(k, n)];
        WorkerPool.SHARED.run(panels(n), panel -> {
            for (int i = 0; i < WIDTH && panel * WIDTH + i < n; i++) {
                float[] row = rows.apply(panel * WIDTH + i);
                for (int j = 0; j < k; j++) {
                    data[(panel * k + j) * WIDTH + i] = row[j];
                }
            }
        });
        return new PackedMatrix(data, 0, k, n);
    }

    /** Packs n rows of k floats, {@code stride} apart, as columns. */
    static void packRows(float[] from, int offset, int stride, int n, int k, float[] to, int at) {
        for (int p = 0; p * WIDTH < n; p++) {
            int panel = at + p * k * WIDTH;
            int columns = Math.min(WIDTH, n - p * WIDTH);
            for (int i = 0; i < columns; i++) {
                int row = offset + (p * WIDTH + i) * stride;
                for (int j = 0; j < k; j++) {
                    to[panel + j * WIDTH + i] = from[row + j];
                }
            }
            for (int i = columns; i < WIDTH; i++) {
                for (int j = 0; j < k; j++) {
                    to[panel + j * WIDTH + i] = 0;
                }
            }
        }
    }

    /** Packs k rows of n floats, {@code stride} apart, as they are. */
    static void packColumns(float[] from, int offset, int stride, int k, int n, float[] to, int at) {
        for (int p = 0; p * WIDTH < n; p++) {
            int columns = Math.min(WIDTH, n - p * WIDTH);
            for (int j = 0; j < k; j++) {
                int panelRow = at + (p * k + j) * WIDTH;
                System.arraycopy(from, offset + j * stride + p * WIDTH, to, panelRow, columns);
                for (int i = columns; i < WIDTH; i++) {
                    to[panelRow + i] = 0;
                }
            }
        }
    }
}

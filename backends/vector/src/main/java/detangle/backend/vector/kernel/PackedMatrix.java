package detangle.backend.vector.kernel;

/**
 * The right operand of a product, {@code [K,N]}, cut into panels of {@link #WIDTH} columns, each with its K rows one
 * after the other: {@code data[(n / WIDTH * K + k) * WIDTH + n % WIDTH]}. Columns beyond N are zero.
 */
public record PackedMatrix(float[] data, int offset, int k, int n) implements KeptPanels {
    /** Columns of a panel: two vectors. */
    public static final int WIDTH = 2 * Lanes.COUNT;

    private static final int CHUNK = 64;
    private static final int SCRATCH = 0;

    /** Stands in the place of a matrix that is not there. */
    static final PackedMatrix NONE = new PackedMatrix(new float[0], 0, 0, 0);

    boolean isPresent() {
        return this != NONE;
    }

    static int panels(int n) {
        return Math.ceilDiv(n, WIDTH);
    }

    /** Floats that a packed matrix takes. */
    static int size(int k, int n) {
        return Math.multiplyExact(Math.multiplyExact(panels(n), WIDTH), k);
    }

    /** Room for a matrix, which {@link #pack} fills. */
    public static PackedMatrix empty(int n, int k) {
        return new PackedMatrix(new float[size(k, n)], 0, k, n);
    }

    /** Packs another matrix {@code [N,K]} into the same memory. */
    public void pack(float[] rows, int from) {
        WorkerPool.SHARED.run(panels(n), panel -> {
            int first = panel * WIDTH;
            packRows(rows, from + first * k, k, Math.min(WIDTH, n - first), k, data, offset + first * k);
        });
    }

    /** Packs {@code [N,K]} row-major, as linear layers are stored, so that the product is with the transpose. */
    public static PackedMatrix ofRows(float[] rows, int offset, int n, int k) {
        float[] data = new float[size(k, n)];
        packRows(rows, offset, k, n, k, data, 0);
        return new PackedMatrix(data, 0, k, n);
    }

    /** Writes some rows of a matrix, one after the other, into an array, from a place on. */
    @FunctionalInterface
    public interface RowReader {
        void read(int row, int count, float[] to, int at);
    }

    /**
     * Packs what {@link #ofRows(float[], int, int, int)} packs, from rows that are read a panel at a time and never
     * held all at once.
     *
     * @throws ArithmeticException if an element is not a finite number
     */
    public static PackedMatrix ofRows(RowReader rows, int n, int k) {
        float[] data = new float[size(k, n)];
        WorkerPool.SHARED.run(panels(n), panel -> {
            float[] read = Scratch.get().floats(SCRATCH, WIDTH * k);
            int count = Math.min(WIDTH, n - panel * WIDTH);
            rows.read(panel * WIDTH, count, read, 0);
            if (!FiniteRows.areFinite(read, 0, count * k)) {
                throw new ArithmeticException("an element of a matrix is not a finite number");
            }
            packRows(read, 0, k, count, k, data, panel * k * WIDTH);
        });
        return new PackedMatrix(data, 0, k, n);
    }

    /** Packs n rows of k floats, {@code stride} apart, as columns. */
    static void packRows(float[] from, int offset, int stride, int n, int k, float[] to, int at) {
        for (int p = 0; p * WIDTH < n; p++) {
            int panel = at + p * k * WIDTH;
            int columns = Math.min(WIDTH, n - p * WIDTH);
            int first = offset + p * WIDTH * stride;
            // A few columns at a time, so that lines of the cache are written once.
            for (int j = 0; j < k; j += CHUNK) {
                int end = Math.min(k, j + CHUNK);
                int i = 0;
                for (; i + 3 < columns; i += 4) {
                    transposeFour(from, first + i * stride + j, stride, to, panel + j * WIDTH + i, end - j);
                }
                for (; i < columns; i++) {
                    transpose(from, first + i * stride + j, to, panel + j * WIDTH + i, end - j);
                }
                for (i = columns; i < WIDTH; i++) {
                    for (int l = j; l < end; l++) {
                        to[panel + l * WIDTH + i] = 0;
                    }
                }
            }
        }
    }

    /** Four rows at once, as code of C1 pays for each turn of a loop. */
    private static void transposeFour(float[] from, int row, int stride, float[] to, int column, int count) {
        int at = column;
        for (int j = row; j < row + count; j++) {
            to[at] = from[j];
            to[at + 1] = from[j + stride];
            to[at + 2] = from[j + 2 * stride];
            to[at + 3] = from[j + 3 * stride];
            at += WIDTH;
        }
    }

    private static void transpose(float[] from, int row, float[] to, int column, int count) {
        for (int j = 0; j < count; j++) {
            to[column + j * WIDTH] = from[row + j];
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

package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.MatrixUnit;
import detangle.ir.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The right operand of a product in bfloat16, {@code [K,N]}, in the order in which tiles read it: panels of 32 columns,
 * as {@link MatrixUnit} has them. It takes half the memory of floats, outside of the heap, where no collector moves it.
 */
public final class TileMatrix implements KeptPanels {
    private static final int COLUMNS = MatrixUnit.PANEL_COLUMNS;
    private static final int SCRATCH = 0;

    private final MemorySegment data;
    private final int k;
    private final int n;

    private TileMatrix(int n, int k) {
        this.k = k;
        this.n = n;
        long bytes = Math.multiplyExact(panels(n), panelBytes(k));
        data = Arena.ofAuto().allocate(Math.max(bytes, 1), MatrixUnit.TILE_ROW);
    }

    /**
     * Rounds {@code [N,K]}, so that the product is with the transpose, from rows that are read a panel at a time.
     *
     * @throws ArithmeticException if an element is not a finite number, or is beyond the largest of bfloat16
     */
    public static TileMatrix ofRows(PackedMatrix.RowReader rows, int n, int k) {
        TileMatrix matrix = new TileMatrix(n, k);
        WorkerPool.SHARED.run(panels(n), panel -> {
            int count = matrix.columns(panel);
            float[] read = Scratch.get().floats(SCRATCH, count * k);
            rows.read(panel * COLUMNS, count, read, 0);
            short[] bits = new short[count * k];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = Bf16.round(read[i]);
            }
            matrix.pack(panel, bits);
        });
        return matrix;
    }

    /**
     * Packs rows that are stored in bfloat16.
     *
     * @throws ArithmeticException if an element is not a finite number
     */
    public static TileMatrix ofBits(NarrowMatrix.RowReader rows, int n, int k) {
        TileMatrix matrix = new TileMatrix(n, k);
        WorkerPool.SHARED.run(panels(n), panel -> {
            short[] bits = new short[matrix.columns(panel) * k];
            for (int i = 0; i < matrix.columns(panel); i++) {
                rows.read(panel * COLUMNS + i, bits, i * k);
            }
            matrix.pack(panel, bits);
        });
        return matrix;
    }

    private void pack(int panel, short[] bits) {
        if (!FiniteRows.areFinite(bits, bits.length, DType.BF16)) {
            throw new ArithmeticException("an element of a matrix is not a finite number");
        }
        short[] packed = new short[Math.toIntExact(panelBytes(k) / Short.BYTES)];
        for (int i = 0; i < columns(panel); i++) {
            for (int j = 0; j < k; j++) {
                packed[place(j, i)] = bits[i * k + j];
            }
        }
        MemorySegment.copy(packed, 0, data, ValueLayout.JAVA_SHORT, panel * panelBytes(k), packed.length);
    }

    /** The place of an element in its panel. */
    private static int place(int row, int column) {
        int tile = row / MatrixUnit.DEPTH * 2 + column / MatrixUnit.TILE_ROWS;
        int pair = tile * MatrixUnit.TILE_ROWS + row % MatrixUnit.DEPTH / 2;
        return (pair * MatrixUnit.TILE_ROWS + column % MatrixUnit.TILE_ROWS) * 2 + row % 2;
    }

    private static int panels(int n) {
        return Math.ceilDiv(n, COLUMNS);
    }

    private static long panelBytes(int k) {
        return 2L * MatrixUnit.TILE * steps(k);
    }

    /** Returns how many steps a depth takes. */
    static int steps(int k) {
        return Math.ceilDiv(k, MatrixUnit.DEPTH);
    }

    @Override
    public int k() {
        return k;
    }

    @Override
    public int n() {
        return n;
    }

    @Override
    public int panels() {
        return panels(n);
    }

    /** Returns how many columns a panel has, 32 but for the last. */
    int columns(int panel) {
        return Math.min(COLUMNS, n - panel * COLUMNS);
    }

    /** The panel from a step on. */
    MemorySegment panel(int panel, int step) {
        return data.asSlice(
                panel * panelBytes(k) + 2L * MatrixUnit.TILE * step, panelBytes(k) - 2L * MatrixUnit.TILE * step);
    }

    /** Writes the elements of some rows and columns, row by row, {@code stride} floats apart. */
    void unpack(int row, int rows, int column, int columns, float[] to, int stride) {
        for (int i = 0; i < columns; i++) {
            int panel = (column + i) / COLUMNS;
            for (int j = 0; j < rows; j++) {
                long place = panel * panelBytes(k) + (long) Short.BYTES * place(row + j, (column + i) % COLUMNS);
                to[j * stride + i] = Bf16.widen(data.get(ValueLayout.JAVA_SHORT, place));
            }
        }
    }
}

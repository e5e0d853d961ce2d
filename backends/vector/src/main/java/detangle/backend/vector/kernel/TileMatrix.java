package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.amx.MatrixUnits;
import detangle.ir.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * The right operand of a product in bfloat16, {@code [K,N]}, in the order in which tiles read it: panels of 32 columns,
 * as {@link MatrixUnit} has them. It takes half the memory of floats, outside of the heap, where no collector moves it.
 */
public record TileMatrix(MemorySegment data, int k, int n) implements KeptPanels {
    private static final int COLUMNS = MatrixUnit.PANEL_COLUMNS;
    private static final int SCRATCH = 0;
    private static final int PARTS = 2;

    private static long bytes(int n, int k) {
        return Math.multiplyExact(TileColumns.panels(n), TileColumns.panelBytes(k));
    }

    /** Room for a matrix, which {@link #pack(float[], int)} fills. */
    public static TileMatrix empty(int n, int k) {
        return new TileMatrix(Arena.ofAuto().allocate(Math.max(bytes(n, k), 1), MatrixUnit.TILE_ROW), k, n);
    }

    /** Returns matrices {@code [N,K]} in a room, in the place of those that were there. */
    public static TileMatrix[] in(TileRoom room, int matrices, int n, int k) {
        long bytes = bytes(n, k);
        MemorySegment memory = room.atLeast(Math.multiplyExact(matrices, bytes));
        return IntStream.range(0, matrices)
                .mapToObj(i -> new TileMatrix(memory.asSlice(i * bytes, bytes), k, n))
                .toArray(TileMatrix[]::new);
    }

    /**
     * Rounds {@code [N,K]}, so that the product is with the transpose, from rows that are read a panel at a time.
     *
     * @throws ArithmeticException if an element is not a finite number, or is beyond the largest of bfloat16
     */
    public static TileMatrix ofRows(PackedMatrix.RowReader rows, int n, int k) {
        TileMatrix matrix = empty(n, k);
        WorkerPool.SHARED.run(matrix.panels(), panel -> {
            int count = matrix.columns(panel);
            float[] read = Scratch.get().floats(SCRATCH, count * k);
            rows.read(panel * COLUMNS, count, read, 0);
            for (int i = 0; i < count * k; i++) {
                checkFinite(Float.isFinite(Bf16.widen(Bf16.round(read[i]))));
            }
            TileColumns.ofRows(MatrixUnits.unit(), read, 0, k, count, k, matrix.panel(panel));
        });
        return matrix;
    }

    /**
     * Packs rows that are stored in bfloat16.
     *
     * @throws ArithmeticException if an element is not a finite number
     */
    public static TileMatrix ofBits(NarrowMatrix.RowReader rows, int n, int k) {
        TileMatrix matrix = empty(n, k);
        WorkerPool.SHARED.run(matrix.panels(), panel -> {
            short[] packed = new short[Math.toIntExact(TileColumns.panelBytes(k) / Short.BYTES)];
            short[] row = new short[k];
            for (int i = 0; i < matrix.columns(panel); i++) {
                rows.read(panel * COLUMNS + i, row, 0);
                checkFinite(FiniteRows.areFinite(row, k, DType.BF16));
                for (int j = 0; j < k; j++) {
                    packed[TileColumns.place(j, i)] = row[j];
                }
            }
            MemorySegment.copy(packed, 0, matrix.panel(panel), ValueLayout.JAVA_SHORT, 0, packed.length);
        });
        return matrix;
    }

    /**
     * Splits a matrix that is packed in floats, as the right side of a product of {@link SplitFloats}.
     */
    public static TileMatrix split(PackedMatrix wide) {
        TileMatrix matrix = emptySplit(wide.n(), wide.k());
        WorkerPool.SHARED.run(matrix.panels(), panel -> {
            float[] rows = Scratch.get().floats(SCRATCH, COLUMNS * wide.k());
            for (int i = 0; i < matrix.columns(panel); i++) {
                int row = panel * COLUMNS + i;
                int first = wide.offset() + row / PackedMatrix.WIDTH * wide.k() * PackedMatrix.WIDTH;
                for (int j = 0; j < wide.k(); j++) {
                    rows[i * wide.k() + j] = wide.data()[first + j * PackedMatrix.WIDTH + row % PackedMatrix.WIDTH];
                }
            }
            matrix.split(panel, rows, 0);
        });
        return matrix;
    }

    /** Room for the split form of a matrix {@code [N,K]}, which {@link #split(float[], int)} fills. */
    public static TileMatrix emptySplit(int n, int k) {
        return empty(n, splitDepth(k));
    }

    /** Returns the depth of the split form of a matrix. */
    public static int splitDepth(int k) {
        return SplitFloats.PARTS * k;
    }

    /**
     * Splits another matrix {@code [N,K]} into the same memory, which has the depth of its parts, and returns how many
     * floats were read.
     */
    public int split(float[] rows, int from) {
        int depth = k / SplitFloats.PARTS;
        WorkerPool.SHARED.run(panels(), panel -> split(panel, rows, from + panel * COLUMNS * depth));
        return n * depth;
    }

    private void split(int panel, float[] rows, int at) {
        int depth = k / SplitFloats.PARTS;
        float[] parts = Scratch.get().floats(PARTS, COLUMNS * k);
        SplitFloats.right(rows, at, depth, columns(panel), depth, parts);
        TileColumns.ofRows(MatrixUnits.unit(), parts, 0, k, columns(panel), k, panel(panel));
    }

    private static void checkFinite(boolean isFinite) {
        if (!isFinite) {
            throw new ArithmeticException("an element of a matrix is not a finite number");
        }
    }

    /** Rounds another matrix {@code [N,K]} into the same memory. What is beyond bfloat16 becomes infinite. */
    public void pack(float[] rows, int from) {
        WorkerPool.SHARED.run(panels(), panel -> {
            int at = from + panel * COLUMNS * k;
            TileColumns.ofRows(MatrixUnits.unit(), rows, at, k, columns(panel), k, panel(panel));
        });
    }

    @Override
    public int panels() {
        return TileColumns.panels(n);
    }

    /** Returns how many columns a panel has, 32 but for the last. */
    int columns(int panel) {
        return TileColumns.columns(panel, n);
    }

    MemorySegment panel(int panel) {
        long bytes = TileColumns.panelBytes(k);
        return data.asSlice(panel * bytes, bytes);
    }

    /**
     * Packs a panel of the matrix {@code [N,K]} itself, for the product with it instead of its transpose.
     *
     * @param from the first of the rows that are the depth of that product, {@code depth} of them
     * @param column the first column of the panel; {@code columns} follow, and then zeros
     */
    void transpose(int from, int depth, int column, int columns, MemorySegment to) {
        for (int i = 0; i < TileColumns.steps(depth) * MatrixUnit.DEPTH; i++) {
            int own = i < depth ? columns : 0;
            MemorySegment rows = panel(Math.min(from + i, n - 1) / COLUMNS);
            for (int j = 0; j < COLUMNS; j++) {
                long place = (long) Short.BYTES * TileColumns.place(column + j, (from + i) % COLUMNS);
                short bits = j < own ? rows.get(ValueLayout.JAVA_SHORT, place) : 0;
                to.set(ValueLayout.JAVA_SHORT, (long) Short.BYTES * TileColumns.place(i, j), bits);
            }
        }
    }

    /** Writes the elements of some rows and columns, row by row, {@code stride} floats apart. */
    void unpack(int row, int rows, int column, int columns, float[] to, int stride) {
        for (int i = 0; i < columns; i++) {
            MemorySegment panel = panel((column + i) / COLUMNS);
            for (int j = 0; j < rows; j++) {
                long place = (long) Short.BYTES * TileColumns.place(row + j, (column + i) % COLUMNS);
                to[j * stride + i] = Bf16.widen(panel.get(ValueLayout.JAVA_SHORT, place));
            }
        }
    }
}

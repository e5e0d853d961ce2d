package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.MatrixUnit;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * {@link AttentionScores} whose products, of queries and keys, of both with the tables of positions, and of
 * probabilities and values, are in bfloat16 with sums of floats. Softmax and everything else between products is in
 * floats. An error of a score is a relative error of its probability, so that both sides of scores are
 * {@link SplitFloats}, and so are values; probabilities are rounded.
 */
final class TileScores extends AttentionScores {
    private static final int COLUMNS = MatrixUnit.PANEL_COLUMNS;
    private static final float[] ZEROS = new float[COLUMNS];

    // Native memory of Scratch.
    private static final int KEYS = 0;
    private static final int VALUES = 1;
    private static final int LEFT = 2;

    /** The array of Scratch with parts of floats. */
    private static final int PARTS = 21;

    private final Supplier<MatrixUnit> unit;

    /** @param unit is asked for when there is a product */
    TileScores(AttentionOperands operands, Supplier<MatrixUnit> unit) {
        super(operands);
        this.unit = unit;
    }

    /** Returns the elements of a row of scores that are multiplied by values: zeros follow the last place. */
    private int depthOfValues() {
        return Math.min(padded(), Lanes.roundUp(span(), MatrixUnit.DEPTH));
    }

    private int splitSize() {
        return TileMatrix.splitDepth(size());
    }

    private MemorySegment left(Scratch scratch) {
        return scratch.tiles(LEFT, TileLeft.bytes(BLOCK, Math.max(splitSize(), depthOfValues())));
    }

    private static MemorySegment panel(MemorySegment panels, int number, int depth) {
        long bytes = TileColumns.panelBytes(depth);
        return panels.asSlice(number * bytes, bytes);
    }

    @Override
    void packKeys(Scratch scratch, float[] source) {
        int depth = splitSize();
        int panels = TileColumns.panels(span());
        MemorySegment keys = scratch.tiles(KEYS, panels * TileColumns.panelBytes(depth));
        float[] parts = scratch.floats(PARTS, COLUMNS * depth);
        for (int p = 0; p < panels; p++) {
            int at = firstPlace(operands.k) + p * COLUMNS * placeStride();
            int columns = TileColumns.columns(p, span());
            SplitFloats.right(source, at, placeStride(), columns, size(), parts);
            TileColumns.ofRows(unit.get(), parts, 0, depth, columns, depth, panel(keys, p, depth));
        }
    }

    /** The panels of the nearest numbers stand before those of what is left of them. */
    @Override
    void packValues(Scratch scratch) {
        int panels = TileColumns.panels(size());
        MemorySegment values = scratch.tiles(VALUES, 2 * panels * TileColumns.panelBytes(span()));
        float[] source = places(scratch, operands.v);
        float[] rests = scratch.floats(PARTS, span() * size());
        SplitFloats.rests(source, firstPlace(operands.v), placeStride(), span(), size(), rests);
        for (int p = 0; p < panels; p++) {
            int at = firstPlace(operands.v) + p * COLUMNS;
            int columns = TileColumns.columns(p, size());
            TileColumns.ofColumns(source, at, placeStride(), span(), columns, panel(values, p, span()));
            MemorySegment rest = panel(values, panels + p, span());
            TileColumns.ofColumns(rests, p * COLUMNS, size(), span(), columns, rest);
        }
    }

    @Override
    void packLeft(Scratch scratch, float[] from, int at, int apart, int rows) {
        float[] parts = scratch.floats(PARTS, rows * splitSize());
        SplitFloats.left(from, at, apart, rows, size(), parts);
        TileLeft.pack(unit.get(), parts, 0, splitSize(), rows, splitSize(), left(scratch));
    }

    @Override
    void multiplyKeys(Scratch scratch, int rows, float[] scores) {
        int depth = splitSize();
        MemorySegment keys = scratch.tiles(KEYS, 0);
        for (int p = 0; p < TileColumns.panels(span()); p++) {
            int columns = TileColumns.columns(p, padded());
            multiply(scratch, 0, rows, depth, panel(keys, p, depth), columns, scores, p * COLUMNS, stride());
        }
    }

    @Override
    void multiplyValues(Scratch scratch, int begin, int rows) {
        int depth = depthOfValues();
        TileLeft.pack(unit.get(), scores(scratch), 0, stride(), rows, depth, left(scratch));
        MemorySegment values = scratch.tiles(VALUES, 0);
        int panels = TileColumns.panels(size());
        float[] out = operands.out.data;
        for (int p = 0; p < panels; p++) {
            int columns = TileColumns.columns(p, size());
            int at = operands.out.offset + at(begin) + p * COLUMNS;
            multiply(scratch, 0, rows, depth, panel(values, p, depth), columns, out, at, rowStride());
            MemorySegment rest = panel(values, panels + p, depth);
            TileLeft.multiply(
                    unit.get(),
                    left(scratch),
                    0,
                    rows,
                    depth,
                    rest,
                    columns,
                    out,
                    at,
                    rowStride(),
                    out,
                    at,
                    rowStride());
        }
    }

    /** Each block of rows has panels of its own. */
    @Override
    void terms(Scratch scratch, int begin, int rows, boolean ofQueries, KeptPanels positions, float[] terms, int to) {
        TileMatrix b = (TileMatrix) positions;
        int termStride = operands.positions.table.stride();
        for (int i = 0; i < rows; i += MatrixUnit.BLOCK_ROWS) {
            int count = Math.min(MatrixUnit.BLOCK_ROWS, rows - i);
            int from = begin + i;
            long panels = ofQueries
                    ? panels(from, from + count, 0, span(), COLUMNS)
                    : panels(firstQuery(), endOfQueries(), from, from + count, COLUMNS);
            for (int p = (int) (panels >>> 32); p <= (int) panels; p++) {
                int columns = TileColumns.columns(p, Lanes.roundUp(b.n(), PackedMatrix.WIDTH));
                int at = to + i * termStride + p * COLUMNS;
                multiply(
                        scratch,
                        i / MatrixUnit.BLOCK_ROWS,
                        count,
                        splitSize(),
                        b.panel(p),
                        columns,
                        terms,
                        at,
                        termStride);
            }
        }
    }

    private void multiply(
            Scratch scratch,
            int block,
            int rows,
            int depth,
            MemorySegment panel,
            int columns,
            float[] c,
            int co,
            int ldc) {
        TileLeft.multiply(unit.get(), left(scratch), block, rows, depth, panel, columns, ZEROS, 0, 0, c, co, ldc);
    }
}

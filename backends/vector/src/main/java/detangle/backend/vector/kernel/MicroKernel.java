package detangle.backend.vector.kernel;

import java.util.function.IntFunction;

/** Tiles of all heights that products need, and the packing of A that they read. */
final class MicroKernel {
    private static final TileShape SHAPE = TileShape.chosen();

    /** The most rows of a tile. */
    static final int ROWS = SHAPE.rows();

    private static final int FEW = 4;

    private static final Tile[] FLOATS = tiles(FloatTile::new);

    /** Generated when they are used for the first time. */
    private static final class Vectors {
        static final Tile[] TILES = tiles(rows -> TileCompiler.compile(rows, SHAPE.fence()));

        private Vectors() {}
    }

    private MicroKernel() {}

    /** Returns tiles by their number of rows: one and the even ones, as each is code to be compiled. */
    private static Tile[] tiles(IntFunction<Tile> tile) {
        Tile[] tiles = new Tile[ROWS + 1];
        for (int rows = 1; rows <= ROWS; rows++) {
            if (rows == height(rows)) {
                tiles[rows] = tile.apply(rows);
            }
        }
        return tiles;
    }

    private static Tile tile(int rows) {
        return (Warmup.usesVectors() ? Vectors.TILES : FLOATS)[rows];
    }

    private static int height(int rows) {
        return rows == 1 ? 1 : Lanes.roundUp(rows, 2);
    }

    /**
     * Rows of the tile that begins {@code left} rows before the end: all of them of about one height. Where a few rows
     * more than one tile are left, the first has all it can: a panel that comes from memory, as with a short sequence,
     * is then waited for less.
     */
    static int tileRows(int left) {
        int tiles = left <= ROWS + FEW ? 1 : Math.ceilDiv(left, ROWS);
        int even = height(Math.min(ROWS, Math.ceilDiv(left, tiles)));
        return even <= left ? even : even == 2 ? 1 : even - 2;
    }

    /** As {@link Tile#run}, for a number of rows that {@link #tileRows} gives. */
    static void run(
            int rows,
            float[] a,
            int ao,
            float[] b,
            int bo,
            int k,
            float[] first,
            int firstAt,
            int firstStride,
            float[] c,
            int co,
            int ldc) {
        tile(rows).run(a, ao, b, bo, k, first, firstAt, firstStride, c, co, ldc);
    }

    /** Packs rows of A, {@code stride} apart, as tiles of {@link #tileRows} rows one after the other. */
    static void packRows(float[] from, int offset, int stride, int rows, int k, float[] to, int at) {
        int out = at;
        int row = 0;
        while (row < rows) {
            int tile = tileRows(rows - row);
            tile(tile).pack(from, offset + row * stride, stride, k, to, out);
            out += tile * k;
            row += tile;
        }
    }

    /**
     * Packs rows as {@link #packRows} does, but reads them from columns: element k of row r is
     * {@code from[offset + k * stride + r]}.
     */
    static void packColumns(float[] from, int offset, int stride, int rows, int k, float[] to, int at) {
        int out = at;
        int row = 0;
        while (row < rows) {
            int tile = tileRows(rows - row);
            Columns.copy(from, offset + row, stride, k, tile, to, out);
            out += tile * k;
            row += tile;
        }
    }
}

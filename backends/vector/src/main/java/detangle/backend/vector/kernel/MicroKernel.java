package detangle.backend.vector.kernel;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Tiles of all heights that products with one {@link TileShape} need, and the packing of A that they read. */
final class MicroKernel {
    private static final Map<TileShape, Tile> COMPILED = new ConcurrentHashMap<>();

    /** The kernel of attention, and of all products but those of linear layers. */
    static final MicroKernel ORDINARY = new MicroKernel(TileShape.forced().orElse(TileShape.DEFAULT));

    private static final Map<TileRows, MicroKernel> OF_LINEAR = ofLinear();

    private final TileShape shape;
    private final Tile[] floats;

    /** Null until vectors are used for the first time. */
    private volatile Tile[] vectors;

    MicroKernel(TileShape shape) {
        this.shape = shape;
        floats = new Tile[shape.rows() + 1];
        for (int rows = 1; rows <= shape.rows(); rows++) {
            if (rows == TileShape.height(rows)) {
                floats[rows] = new FloatTile(rows);
            }
        }
    }

    private static Map<TileRows, MicroKernel> ofLinear() {
        TileTuner tuner = TileTuner.ofThisMachine();
        Map<TileRows, MicroKernel> kernels = new EnumMap<>(TileRows.class);
        for (TileRows rows : TileRows.values()) {
            TileShape shape = tuner.shape(rows);
            kernels.put(rows, shape.equals(ORDINARY.shape) ? ORDINARY : new MicroKernel(shape));
        }
        return kernels;
    }

    /** Returns the kernel of linear layers whose input has so many rows. */
    static MicroKernel ofLinear(int rows) {
        return OF_LINEAR.get(TileRows.of(rows));
    }

    /** Returns the kernels that products of this process use. */
    static Set<MicroKernel> used() {
        Set<MicroKernel> kernels = new LinkedHashSet<>(List.of(ORDINARY));
        kernels.addAll(OF_LINEAR.values());
        return kernels;
    }

    TileShape shape() {
        return shape;
    }

    /** Returns the most rows of a tile. */
    int rows() {
        return shape.rows();
    }

    private Tile tile(int rows) {
        return (Warmup.usesVectors() ? vectors() : floats)[rows];
    }

    /** Tiles with the same number of rows are the same code, whatever else there is beside them. */
    private Tile[] vectors() {
        Tile[] tiles = vectors;
        if (tiles == null) {
            tiles = new Tile[floats.length];
            for (int rows = 1; rows < tiles.length; rows++) {
                if (floats[rows] != null) {
                    tiles[rows] = COMPILED.computeIfAbsent(
                            new TileShape(rows, shape.fence()), s -> TileCompiler.compile(s.rows(), s.fence()));
                }
            }
            vectors = tiles;
        }
        return tiles;
    }

    /** Does what {@link Tile#run} does, for a number of rows that {@link TileShape#next} gives. */
    void run(
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

    /** Packs rows of A, {@code stride} apart, as tiles of {@link TileShape#next} rows one after the other. */
    void packRows(float[] from, int offset, int stride, int rows, int k, float[] to, int at) {
        int out = at;
        int row = 0;
        while (row < rows) {
            int tile = shape.next(rows - row);
            RowPacking.pack(from, offset + row * stride, stride, tile, k, to, out);
            out += tile * k;
            row += tile;
        }
    }

    /**
     * Packs rows as {@link #packRows} does, but reads them from columns: element k of row r is
     * {@code from[offset + k * stride + r]}.
     */
    void packColumns(float[] from, int offset, int stride, int rows, int k, float[] to, int at) {
        int out = at;
        int row = 0;
        while (row < rows) {
            int tile = shape.next(rows - row);
            Columns.copy(from, offset + row, stride, k, tile, to, out);
            out += tile * k;
            row += tile;
        }
    }
}

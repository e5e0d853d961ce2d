package detangle.backend.vector.kernel;

import detangle.backend.MeasurementFile;

/**
 * Finds the fastest shape of tiles by trying them, a second or so in all, and remembers it in a file by processor,
 * JDK and vector width. Without a place to write, it is found anew in each process.
 */
final class TileTuner {
    private static final int WARM_CALLS = 12_000;
    private static final int WARM_DEPTH = 4;
    private static final int DEPTH = 768;

    /** About as many as meet a panel at once in a large product; the same for all shapes. */
    private static final int ROWS = 168;

    private static final int ROW_PANELS = 8;
    private static final long PATIENCE = 80_000_000;
    private static final long LIMIT = 2_000_000_000;
    private static final double LITTLE = 1.02;

    private TileTuner() {}

    static TileShape fastest() {
        MeasurementFile file =
                MeasurementFile.named("tile-shapes.properties", "The fastest tiles of the vector backend");
        String key = Processor.name() + ", " + Runtime.version() + ", " + Lanes.SPECIES.vectorBitSize() + " bits";
        return file.get(key)
                .flatMap(text -> TileShape.CANDIDATES.stream()
                        .filter(c -> c.toString().equals(text))
                        .findFirst())
                .orElseGet(() -> {
                    TileShape best = measured();
                    file.put(key, best.toString());
                    return best;
                });
    }

    private static TileShape measured() {
        TileShape best = TileShape.CANDIDATES.getFirst();
        double most = 0;
        for (TileShape shape : TileShape.CANDIDATES) {
            double rate = rate(shape);
            if (rate > most) {
                most = rate;
                best = shape;
            }
        }
        return best;
    }

    /**
     * Rows by nanoseconds, the best of some rounds, in the surroundings of a large product: one panel meets rows that
     * come, as it does, from the second-level cache. Ends when C2 has had time to do its best and nothing gets better.
     */
    private static double rate(TileShape shape) {
        Tile tile = TileCompiler.compile(shape.rows(), shape.fence());
        int width = PackedMatrix.WIDTH;
        int stride = ROW_PANELS * width;
        int tiles = Math.ceilDiv(ROWS, shape.rows());
        float[] a = new float[tiles * shape.rows() * DEPTH];
        float[] b = new float[width * DEPTH];
        float[] c = new float[tiles * shape.rows() * stride];
        for (int i = 0; i < WARM_CALLS; i++) {
            tile.run(a, 0, b, 0, WARM_DEPTH, b, 0, 0, c, 0, stride);
        }
        double best = 0;
        long begin = System.nanoTime();
        long improved = begin;
        for (long now = begin; now - improved < PATIENCE && now - begin < LIMIT; ) {
            for (int i = 0; i < tiles; i++) {
                int to = i * shape.rows() * stride;
                tile.run(a, i * shape.rows() * DEPTH, b, 0, DEPTH, b, 0, 0, c, to, stride);
            }
            long end = System.nanoTime();
            double rate = tiles * shape.rows() / (double) (end - now);
            if (rate > best * LITTLE) {
                improved = end;
            }
            best = Math.max(best, rate);
            now = end;
        }
        return best;
    }
}

package detangle.backend.vector.kernel;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;

/**
 * Finds the fastest shape of tiles by trying them, a third of a second in all, and remembers it in a file by processor,
 * JDK and vector width. Without a place to write, it is found anew in each process.
 */
final class TileTuner {
    /** The folder in which the result is kept; {@code ~/.cache/detangle} by default. */
    static final String CACHE = "detangle.cache";

    private static final String FILE = "tiles.properties";
    private static final int WARM_CALLS = 12_000;
    private static final int WARM_DEPTH = 4;
    private static final int DEPTH = 256;
    private static final int CALLS = 200;
    private static final int ROUNDS = 10;

    private TileTuner() {}

    static TileShape fastest() {
        Path file = Optional.ofNullable(System.getProperty(CACHE))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "detangle"))
                .resolve(FILE);
        String key = Processor.name() + ", " + Runtime.version() + ", " + Lanes.SPECIES.vectorBitSize() + " bits";
        return remembered(file, key).orElseGet(() -> {
            TileShape best = measured();
            remember(file, key, best);
            return best;
        });
    }

    private static Optional<TileShape> remembered(Path file, String key) {
        return Optional.ofNullable(read(file).getProperty(key))
                .flatMap(text -> TileShape.CANDIDATES.stream()
                        .filter(c -> c.toString().equals(text))
                        .findFirst());
    }

    private static Properties read(Path file) {
        Properties all = new Properties();
        if (Files.isReadable(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                all.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                all.clear(); // Written anew below.
            }
        }
        return all;
    }

    private static void remember(Path file, String key, TileShape shape) {
        Properties all = read(file);
        all.setProperty(key, shape.toString());
        try {
            Files.createDirectories(file.getParent());
            Path part = Files.createTempFile(file.getParent(), FILE, ".part");
            try {
                try (Writer writer = Files.newBufferedWriter(part)) {
                    all.store(writer, "The fastest tiles of the vector backend");
                }
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            // It is only a memory: the next process measures again.
        }
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

    /** Rows by nanoseconds, the best of some rounds. */
    private static double rate(TileShape shape) {
        Tile tile = TileCompiler.compile(shape.rows(), shape.fence());
        int width = PackedMatrix.WIDTH;
        float[] a = new float[shape.rows() * DEPTH];
        float[] b = new float[width * DEPTH];
        float[] c = new float[shape.rows() * width];
        for (int i = 0; i < WARM_CALLS; i++) {
            tile.run(a, 0, b, 0, WARM_DEPTH, c, 0, width, c, 0, width);
        }
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            for (int i = 0; i < CALLS; i++) {
                tile.run(a, 0, b, 0, DEPTH, c, 0, width, c, 0, width);
            }
            best = Math.max(best, shape.rows() / (double) (System.nanoTime() - begin));
        }
        return best;
    }
}

package detangle.backend.vector.kernel;

import detangle.backend.MeasurementFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Finds out, while a process has nothing to do, whether another shape of tiles than {@link TileRows#standard} is
 * clearly faster for linear layers with few rows, or with many. What {@link TileJudge} decides is remembered in a file
 * by processor, JDK, vector width and number of threads, and used by the processes that begin later, each of which
 * judges anew. No answer waits for it, and nothing changes within a process.
 */
final class TileTuner {
    private static final Duration IDLE = Duration.ofSeconds(10);

    /** Trials of a process before it leaves the question to others; the pause between two doubles. */
    private static final int TRIALS = 8;

    private final Function<TileRows, TileShape> standards;
    private final MeasurementFile file;
    private final String key;

    /**
     * A tuner with a memory.
     *
     * @param standards what is used where nothing is known
     * @param machine names everything that shapes are to be judged anew for
     */
    TileTuner(Function<TileRows, TileShape> standards, String machine) {
        this.standards = standards;
        file = MeasurementFile.named("tile-shapes.properties", "The fastest tiles of the vector backend");
        key = machine;
    }

    /** Returns the tuner of this process. */
    static TileTuner ofThisMachine() {
        return new TileTuner(
                TileRows::standard,
                Processor.name() + ", " + Runtime.version() + ", " + Lanes.SPECIES.vectorBitSize() + " bits, "
                        + WorkerPool.SHARED.threads() + " threads");
    }

    /** Returns the shape that products use: the forced one, else the one that was decided for, else the default. */
    TileShape shape(TileRows rows) {
        return TileShape.forced().or(() -> decided(rows)).orElseGet(() -> standards.apply(rows));
    }

    /** A file of another version has other keys, and a value that is not the name of a shape counts as none. */
    private Optional<TileShape> decided(TileRows rows) {
        return file.get(key(rows)).flatMap(TileShape::known);
    }

    private String key(TileRows rows) {
        return key + ", " + rows;
    }

    /** Returns the timed heights: {@link TileShape#DEFAULT}, then those that fit the registers and are not below it. */
    List<TileShape> contenders(TileRows rows) {
        TileShape standard = standards.apply(rows);
        List<TileShape> shapes = new ArrayList<>(List.of(standard));
        TileShape.CANDIDATES.stream()
                .filter(c -> !c.equals(standard) && c.rows() >= TileShape.DEFAULT.rows() && c.fitsRegisters())
                .forEach(shapes::add);
        return shapes;
    }

    /**
     * Judges from rounds of {@link #contenders}, and remembers the decision if there is one.
     *
     * @return whether there is one
     */
    boolean judge(TileRows rows, List<TileJudge.Round> rounds) {
        List<TileShape> contenders = contenders(rows);
        // A shape that is not among them would not be judged, so it is given up.
        TileShape held = decided(rows).filter(contenders::contains).orElse(contenders.getFirst());
        OptionalInt fastest = TileJudge.fastest(rounds, contenders.indexOf(held));
        fastest.ifPresent(f -> file.put(key(rows), contenders.get(f).toString()));
        return fastest.isPresent();
    }

    /** Begins to wait for moments without anything to do, unless the user does not want it. */
    static void begin() {
        if (TileShape.forced().isPresent() || "false".equals(System.getProperty(MeasurementFile.WHEN_IDLE))) {
            return;
        }
        Thread thread = new Thread(ofThisMachine()::watch, "detangle-tile-tuner");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    private void watch() {
        Set<TileRows> open = EnumSet.allOf(TileRows.class);
        Duration pause = IDLE;
        try {
            for (int trial = 0; trial < TRIALS && !open.isEmpty(); trial++) {
                Thread.sleep(pause);
                pause = pause.multipliedBy(2);
                long passes = passesAfterIdling();
                BooleanSupplier isIdle = () -> WorkerPool.SHARED.passes() == passes;
                if (TileTrial.hasMemory()) {
                    open.removeIf(rows -> isDecided(rows, isIdle));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isDecided(TileRows rows, BooleanSupplier isIdle) {
        List<MicroKernel> kernels =
                contenders(rows).stream().map(MicroKernel::new).toList();
        return TileTrial.rounds(rows, kernels, TileTrial.MAX_ROUNDS, isIdle)
                .map(r -> judge(rows, r))
                .orElse(false);
    }

    /** Returns the number of forward passes so far, when none has run for a while. */
    private static long passesAfterIdling() throws InterruptedException {
        long before;
        long passes = WorkerPool.SHARED.passes();
        do {
            before = passes;
            Thread.sleep(IDLE);
            passes = WorkerPool.SHARED.passes();
        } while (passes != before);
        return passes;
    }
}

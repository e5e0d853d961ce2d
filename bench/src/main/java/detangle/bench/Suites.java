package detangle.bench;

import java.nio.file.Path;
import java.util.function.Consumer;

/** The sets of measurements that name their models themselves; the constants are the words of {@code --suite}. */
public enum Suites {
    /** Models, batches and heads on a quiet machine. */
    shapes,
    /** Requests of all lengths, busy processes beside, and first answers. */
    traffic,
    /** Models that extract entities, from texts to entities. */
    extraction;

    /**
     * Measures what the folder does not have; what extracts is measured as a whole.
     *
     * @param options what is compared, and how long; models, heads and batches are the suite's
     * @param folder keeps the report of each part, and a model while it is measured
     * @param progress is told what is measured next
     */
    public Report run(BenchOptions options, Path folder, Consumer<String> progress) {
        return switch (this) {
            case shapes -> Suite.run(options, folder, progress);
            case traffic -> TrafficSuite.run(options, folder, progress);
            case extraction -> ExtractionSuite.run(options, ExtractionSuite.NAMES, folder, progress);
        };
    }
}

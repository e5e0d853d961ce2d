package detangle.pipelines;

import detangle.runtime.SessionOptions;
import java.util.Optional;

/**
 * How a pipeline loads its model and runs texts.
 *
 * @param backend what to run on, see {@link SessionOptions#backend}; empty for the best on the CPU
 * @param batchSize how many texts, pairs or windows run at once, at least 1
 * @param truncation whether a text that is too long is cut, with a warning; it is refused otherwise. Pipelines that go over a
 *     text in windows need neither
 * @param dynamicBatching how texts of several threads run together; empty if each thread runs its own. Masks and multiple choice do
 *     without
 */
public record PipelineOptions(
        Optional<String> backend, int batchSize, boolean truncation, Optional<DynamicBatching> dynamicBatching) {
    /** The best backend, 32 at once, nothing is cut, each thread for itself. */
    public static final PipelineOptions DEFAULT = new PipelineOptions(Optional.empty(), 32, false, Optional.empty());

    /** Refuses what is no number of texts. */
    public PipelineOptions {
        if (batchSize < 1) {
            throw new IllegalArgumentException("a batch holds at least one text, not " + batchSize);
        }
    }

    public PipelineOptions withBackend(Optional<String> value) {
        return new PipelineOptions(value, batchSize, truncation, dynamicBatching);
    }

    public PipelineOptions withBatchSize(int value) {
        return new PipelineOptions(backend, value, truncation, dynamicBatching);
    }

    public PipelineOptions withTruncation(boolean value) {
        return new PipelineOptions(backend, batchSize, value, dynamicBatching);
    }

    /** For servers: what several threads ask at the same time runs together. */
    public PipelineOptions withDynamicBatching(DynamicBatching value) {
        return new PipelineOptions(backend, batchSize, truncation, Optional.of(value));
    }
}

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
 */
public record PipelineOptions(Optional<String> backend, int batchSize, boolean truncation) {
    /** The best backend, 32 at once, nothing is cut. */
    public static final PipelineOptions DEFAULT = new PipelineOptions(Optional.empty(), 32, false);

    /** Refuses what is no number of texts. */
    public PipelineOptions {
        if (batchSize < 1) {
            throw new IllegalArgumentException("a batch holds at least one text, not " + batchSize);
        }
    }

    public PipelineOptions withBackend(Optional<String> value) {
        return new PipelineOptions(value, batchSize, truncation);
    }

    public PipelineOptions withBatchSize(int value) {
        return new PipelineOptions(backend, value, truncation);
    }

    public PipelineOptions withTruncation(boolean value) {
        return new PipelineOptions(backend, batchSize, value);
    }
}

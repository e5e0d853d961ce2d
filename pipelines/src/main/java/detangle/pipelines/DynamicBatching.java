package detangle.pipelines;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * The options by which requests of several threads become batches: the texts that wait while a batch runs become the
 * next batch.
 *
 * @param maxBatchTokens the most tokens of a batch, unless one text alone has more
 * @param maxWaiting the most texts that may wait; a call with more gets an {@link OverloadedException}
 * @param deadline the longest time that a text may wait and run; its caller then gets a {@link DeadlineException}
 * @param listener receives a report of each batch
 */
public record DynamicBatching(int maxBatchTokens, int maxWaiting, Duration deadline, Consumer<Report> listener) {
    /** The default options: 16 384 tokens, 512 texts, 30 seconds. */
    public static final DynamicBatching DEFAULT =
            new DynamicBatching(16_384, 512, Duration.ofSeconds(30), report -> {});

    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if a limit is less than 1, or the deadline is not positive
     */
    public DynamicBatching {
        if (maxBatchTokens < 1 || maxWaiting < 1 || !deadline.isPositive()) {
            throw new IllegalArgumentException("the limits of dynamic batching must be at least 1");
        }
    }

    /**
     * A batch that has run.
     *
     * @param sequences the number of texts
     * @param tokens the tokens of all texts together
     * @param waiting the number of texts that wait after it
     * @param time how long it ran
     */
    public record Report(int sequences, int tokens, int waiting, Duration time) {}

    public DynamicBatching withMaxBatchTokens(int value) {
        return new DynamicBatching(value, maxWaiting, deadline, listener);
    }

    public DynamicBatching withMaxWaiting(int value) {
        return new DynamicBatching(maxBatchTokens, value, deadline, listener);
    }

    public DynamicBatching withDeadline(Duration value) {
        return new DynamicBatching(maxBatchTokens, maxWaiting, value, listener);
    }

    public DynamicBatching withListener(Consumer<Report> value) {
        return new DynamicBatching(maxBatchTokens, maxWaiting, deadline, value);
    }
}

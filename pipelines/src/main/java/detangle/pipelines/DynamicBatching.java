package detangle.pipelines;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * The options by which requests of several threads become batches: what waits while a batch runs is the next one.
 *
 * @param maxBatchTokens tokens of a batch, unless one text alone has more
 * @param maxWaiting texts that may wait; what comes then is refused by an {@link OverloadedException}
 * @param deadline how long a text may wait and run; then its caller gets a {@link DeadlineException}
 * @param listener is told of each batch
 */
public record DynamicBatching(int maxBatchTokens, int maxWaiting, Duration deadline, Consumer<Report> listener) {
    /** 16 384 tokens, 512 texts, 30 seconds. */
    public static final DynamicBatching DEFAULT =
            new DynamicBatching(16_384, 512, Duration.ofSeconds(30), report -> {});

    /** Refuses limits that let nothing through. */
    public DynamicBatching {
        if (maxBatchTokens < 1 || maxWaiting < 1 || !deadline.isPositive()) {
            throw new IllegalArgumentException("the limits of dynamic batching are at least 1");
        }
    }

    /**
     * A batch that has run.
     *
     * @param sequences how many texts
     * @param tokens of all of them
     * @param waiting texts that wait now
     * @param time that it ran
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

package detangle.pipelines;

import detangle.models.text.Encoding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/** Waiting encodings, in the order in which they are due. It is not safe for several threads. */
final class CallQueue {
    // Times of System.nanoTime may overflow, and their differences do not.
    private static final Comparator<Waiting> BY_DUE = (a, b) -> Long.compare(a.item.due - b.item.due, 0);

    private final PriorityQueue<Waiting> order = new PriorityQueue<>(BY_DUE.thenComparingLong(Waiting::number));

    private long added;

    /**
     * A waiting encoding, and the future with the model's outputs for it.
     *
     * @param tokens the number of tokens that it counts as
     * @param due when it is due, as of {@link System#nanoTime}
     */
    record Item(Encoding encoding, int tokens, long due, CompletableFuture<Row> row) {
        Item(Encoding encoding, int tokens, long due) {
            this(encoding, tokens, due, new CompletableFuture<>());
        }
    }

    /** @param number the number of encodings that came before it */
    private record Waiting(Item item, long number) {}

    void add(List<Item> call) {
        for (Item item : call) {
            order.add(new Waiting(item, added++));
        }
    }

    /** Returns how many encodings wait. */
    int size() {
        return order.size();
    }

    boolean isEmpty() {
        return order.isEmpty();
    }

    /** Returns when the first encoding is due; something must wait. */
    long due() {
        return order.element().item.due;
    }

    /** Drops the encodings whose callers have gone because their deadlines have passed. */
    void dropDone() {
        order.removeIf(waiting -> waiting.item.row.isDone());
    }

    /**
     * Takes the next batch, which is empty if nothing waits; its first encoding may alone have more than {@code
     * maxTokens}.
     */
    List<Item> take(int maxTokens, int maxSequences) {
        dropDone();
        List<Item> batch = new ArrayList<>();
        long tokens = 0;
        while (!order.isEmpty() && batch.size() < maxSequences) {
            tokens += order.element().item.tokens;
            if (!batch.isEmpty() && tokens > maxTokens) {
                break;
            }
            batch.add(order.remove().item);
        }
        return batch;
    }
}

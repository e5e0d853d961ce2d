package detangle.pipelines;

import detangle.models.text.Encoding;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Encodings that wait, by the call that brought them. Calls take turns, one encoding each, so that a call of many
 * encodings does not keep others from being answered. Not safe for several threads.
 */
final class CallQueue {
    /** The calls that have encodings left, the one whose turn it is first. */
    private final Deque<Deque<Item>> calls = new ArrayDeque<>();

    private int size;

    /**
     * An encoding, and what the model says of it.
     *
     * @param tokens that it counts as
     */
    record Item(Encoding encoding, int tokens, CompletableFuture<Row> row) {
        Item(Encoding encoding, int tokens) {
            this(encoding, tokens, new CompletableFuture<>());
        }
    }

    void add(List<Item> call) {
        if (!call.isEmpty()) {
            calls.add(new ArrayDeque<>(call));
            size += call.size();
        }
    }

    /** Returns how many encodings wait. */
    int size() {
        return size;
    }

    /** Drops the encodings for which nobody waits any more, as their deadlines have passed. */
    void dropDone() {
        calls.forEach(call -> call.removeIf(item -> item.row.isDone()));
        calls.removeIf(Deque::isEmpty);
        size = calls.stream().mapToInt(Deque::size).sum();
    }

    /**
     * Takes the next batch, which is empty if nothing waits; its first encoding may alone have more than {@code
     * maxTokens}.
     */
    List<Item> take(int maxTokens, int maxSequences) {
        dropDone();
        List<Item> batch = new ArrayList<>();
        long tokens = 0;
        while (!calls.isEmpty() && batch.size() < maxSequences) {
            tokens += calls.peek().peek().tokens;
            if (!batch.isEmpty() && tokens > maxTokens) {
                break;
            }
            Deque<Item> call = calls.remove();
            batch.add(call.remove());
            size--;
            if (!call.isEmpty()) {
                calls.add(call);
            }
        }
        return batch;
    }
}

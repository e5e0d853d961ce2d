package detangle.models.text.encoder;

import java.util.Arrays;

/** A heap of ranks and positions, the lowest rank first and of those the leftmost. */
final class MergeQueue {
    private long[] entries;
    private int count;

    MergeQueue(int capacity) {
        entries = new long[Math.max(8, capacity)];
    }

    static int rank(long entry) {
        return (int) (entry >>> 32);
    }

    static int position(long entry) {
        return (int) entry;
    }

    boolean isEmpty() {
        return count == 0;
    }

    void add(int rank, int position) {
        if (count == entries.length) {
            entries = Arrays.copyOf(entries, 2 * count);
        }
        long entry = (long) rank << 32 | position;
        int at = count++;
        while (at > 0 && entries[(at - 1) / 2] > entry) {
            entries[at] = entries[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        entries[at] = entry;
    }

    long remove() {
        long smallest = entries[0];
        long last = entries[--count];
        int at = 0;
        while (2 * at + 1 < count) {
            int child = 2 * at + 1;
            if (child + 1 < count && entries[child + 1] < entries[child]) {
                child++;
            }
            if (entries[child] >= last) {
                break;
            }
            entries[at] = entries[child];
            at = child;
        }
        entries[at] = last;
        return smallest;
    }
}

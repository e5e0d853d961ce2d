package detangle.train.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The orders in which an epoch takes its examples. They depend on the seed and on the number of the epoch alone. */
public enum Order {
    /** The examples keep their order. */
    SEQUENTIAL,
    /** All orders are equally likely. */
    SHUFFLED,
    /**
     * Shuffled, and then sorted by falling length within stretches of fifty batches, so that a batch needs little
     * padding; the longest example of all comes first, so that memory that is too small is found at once. This is
     * HuggingFace's {@code get_length_grouped_indices}.
     */
    GROUPED_BY_LENGTH;

    /** The most batches of a stretch. */
    private static final int MAX_BATCHES = 50;

    /**
     * Returns the numbers of the examples in the order of an epoch.
     *
     * @param lengths the number of tokens of each example
     * @param batch the number of examples of one update
     */
    public int[] of(int[] lengths, int batch, long seed, int epoch) {
        int n = lengths.length;
        return switch (this) {
            case SEQUENTIAL -> {
                int[] order = new int[n];
                Arrays.setAll(order, i -> i);
                yield order;
            }
            case SHUFFLED -> Draws.permutation(n, Draws.of(seed, epoch));
            case GROUPED_BY_LENGTH -> grouped(Draws.permutation(n, Draws.of(seed, epoch)), lengths, batch);
        };
    }

    private static int[] grouped(int[] shuffled, int[] lengths, int batch) {
        int n = shuffled.length;
        int stretch = Math.max(1, Math.min(n / (batch * 4), MAX_BATCHES)) * batch;
        int longest = 0;
        for (int first = 0; first < n; first += stretch) {
            int end = Math.min(n, first + stretch);
            List<Integer> sorted = Arrays.stream(shuffled, first, end)
                    .boxed()
                    .sorted(Comparator.comparingInt((Integer i) -> lengths[i]).reversed())
                    .toList();
            for (int i = first; i < end; i++) {
                shuffled[i] = sorted.get(i - first);
            }
            longest = lengths[shuffled[first]] > lengths[shuffled[longest]] ? first : longest;
        }
        if (n > 0) {
            int front = shuffled[0];
            shuffled[0] = shuffled[longest];
            shuffled[longest] = front;
        }
        return shuffled;
    }
}

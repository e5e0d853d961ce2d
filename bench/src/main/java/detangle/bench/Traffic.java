package detangle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Requests of lengths that are drawn, to a server that answers one text after another, and to one that takes all that
 * wait together.
 *
 * @param requests how many
 * @param maxBatch texts that wait at once; a batch has from one of them to all, each number as often as any other
 * @param seed of all that is drawn
 */
public record Traffic(LengthDistribution lengths, int requests, int maxBatch, long seed) {
    /** The most requests that fit a line between processes. */
    private static final int MAX_REQUESTS = 100_000;

    private static final long BATCHES_STREAM = 0x62617463686573L;
    private static final long WARM_UP_STREAM = 0x7761726d7570L;

    public Traffic {
        if (requests < 1 || requests > MAX_REQUESTS || maxBatch < 1 || maxBatch > requests) {
            throw new BenchException("requests are from 1 to " + MAX_REQUESTS
                    + ", and at least one and at most all of them are a batch");
        }
    }

    /** Returns each text as a batch of its own, as they come. */
    List<List<Integer>> stream() {
        return drawn(seed).stream().map(List::of).toList();
    }

    /** Returns the same texts, in the same order, in batches of what waits. */
    List<List<Integer>> batches() {
        List<Integer> texts = drawn(seed);
        Random random = new Random(seed ^ BATCHES_STREAM);
        List<List<Integer>> batches = new ArrayList<>();
        for (int from = 0; from < texts.size(); ) {
            int to = Math.min(texts.size(), from + random.nextInt(1, maxBatch + 1));
            batches.add(texts.subList(from, to));
            from = to;
        }
        return batches;
    }

    /**
     * Returns traffic like this one with other texts. It goes first, so that measured lengths are new where they can
     * be.
     */
    Traffic warmUp() {
        return new Traffic(lengths, requests, maxBatch, seed ^ WARM_UP_STREAM);
    }

    private List<Integer> drawn(long from) {
        Random random = new Random(from);
        return IntStream.range(0, requests).mapToObj(i -> lengths.draw(random)).toList();
    }
}

package detangle.models.text.encoder;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Which pairs of tokens become one, and in which order: a hash table of primitive values. */
public final class Merges {
    /** No pair. */
    static final int NONE = -1;

    /** Differs between runs, so that no file can be made whose pairs all collide. */
    private static final long HASH_MULTIPLIER = new SplittableRandom().nextLong() | 1;

    private long[] pairs;
    private int[] ranks;
    private int[] results;
    private int count;

    /** @param expected how many pairs will come, about */
    public Merges(int expected) {
        int capacity = Integer.highestOneBit(Math.max(16, 4 * Math.min(expected, 1 << 24) - 1));
        pairs = new long[capacity];
        ranks = new int[capacity];
        results = new int[Math.max(16, expected)];
    }

    /** Adds the pair of the next rank; one that was added before gets that rank. */
    public void add(int left, int right, int result) {
        if (4 * (count + 1) > 3 * pairs.length) {
            grow();
        }
        if (count == results.length) {
            results = Arrays.copyOf(results, 2 * count);
        }
        results[count] = result;
        put(pairs, ranks, pair(left, right), count);
        count++;
    }

    /** Returns the rank of a pair, or {@link #NONE}. */
    int rank(int left, int right) {
        long pair = pair(left, right);
        int mask = pairs.length - 1;
        for (int slot = slot(pair, mask); pairs[slot] != 0; slot = slot + 1 & mask) {
            if (pairs[slot] == pair) {
                return ranks[slot];
            }
        }
        return NONE;
    }

    /** Returns the token that the pair of a rank becomes. */
    int result(int rank) {
        return results[rank];
    }

    private static long pair(int left, int right) {
        return ((long) left << 32 | right) + 1;
    }

    private static int slot(long pair, int mask) {
        long hash = pair * HASH_MULTIPLIER;
        return (int) (hash ^ hash >>> 32) & mask;
    }

    private static void put(long[] pairs, int[] ranks, long pair, int rank) {
        int mask = pairs.length - 1;
        int slot = slot(pair, mask);
        while (pairs[slot] != 0 && pairs[slot] != pair) {
            slot = slot + 1 & mask;
        }
        pairs[slot] = pair;
        ranks[slot] = rank;
    }

    private void grow() {
        long[] morePairs = new long[2 * pairs.length];
        int[] moreRanks = new int[morePairs.length];
        for (int i = 0; i < pairs.length; i++) {
            if (pairs[i] != 0) {
                put(morePairs, moreRanks, pairs[i], ranks[i]);
            }
        }
        pairs = morePairs;
        ranks = moreRanks;
    }
}

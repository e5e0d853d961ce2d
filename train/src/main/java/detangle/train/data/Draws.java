package detangle.train.data;

import java.util.Random;

/** Random numbers that depend on a seed and on their purpose alone. */
public final class Draws {
    private Draws() {}

    /**
     * Returns a {@link Random}. Its algorithm is part of Java's specification, so that the numbers are the same on each
     * JVM.
     *
     * @param purpose numbers that distinguish the uses of one seed, such as the epoch and the row
     */
    public static Random of(long seed, long... purpose) {
        long mixed = mix(seed);
        for (long part : purpose) {
            mixed = mix(mixed ^ part);
        }
        return new Random(mixed);
    }

    /** Does a step of SplitMix64 and applies its finalizer. */
    static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Returns the numbers from 0 to n-1 in a random order; all orders are equally likely. */
    public static int[] permutation(int n, Random random) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}

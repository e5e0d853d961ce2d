package detangle.train.data;

import java.util.Random;

/** Random numbers that follow from a seed and from what they are for, and from nothing else. */
final class Draws {
    private Draws() {}

    /**
     * Numbers of {@link Random}, whose algorithm is part of Java's specification, so that they are the same on each JVM.
     *
     * @param purpose numbers that tell the uses of one seed apart, such as the epoch and the row
     */
    static Random of(long seed, long... purpose) {
        long mixed = mix(seed);
        for (long part : purpose) {
            mixed = mix(mixed ^ part);
        }
        return new Random(mixed);
    }

    /** The finalizer of SplitMix64 behind one of its steps. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** 0 to n-1 in an order where each order is as likely. */
    static int[] permutation(int n, Random random) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}

package detangle.train.data;

/**
 * A random order of the numbers from 0 to {@code size - 1} that takes no memory, whatever their number: a Feistel
 * network (Luby and Rackoff 1988) permutes the numbers of an even count of bits, and is applied again until its result
 * is one of them (Black and Rogaway 2002). The order depends on the size and the seed alone.
 *
 * @param size the number of numbers, at least one
 */
record Shuffle(long size, long seed) {
    /** Fewer bits would leave out most orders of a few numbers. */
    private static final int MIN_HALF_BITS = 4;

    private static final int ROUNDS = 6;

    /** Returns the number at a place of the order. */
    long at(long place) {
        int half = Math.max(MIN_HALF_BITS, (Long.SIZE - Long.numberOfLeadingZeros(size - 1) + 1) / 2);
        long number = place;
        do {
            number = permuted(number, half);
        } while (number >= size);
        return number;
    }

    private long permuted(long number, int half) {
        long mask = (1L << half) - 1;
        long left = number >>> half;
        long right = number & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ Draws.mix(Draws.mix(seed + round) ^ right) & mask;
            left = right;
            right = next;
        }
        return left << half | right;
    }
}

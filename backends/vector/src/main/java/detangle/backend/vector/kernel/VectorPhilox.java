package detangle.backend.vector.kernel;

import detangle.ir.interpreter.Philox;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Runs of random numbers, the same bits as the interpreter's {@link Philox} gives for each element. A vector of longs
 * holds one word of as many blocks as it has lanes, and a block is four numbers.
 */
public final class VectorPhilox {
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, Lanes.SPECIES.vectorShape());
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Lanes.SPECIES.vectorShape());

    /** Blocks that are computed together. */
    private static final int BLOCKS = LONGS.length();

    private static final int NUMBERS_PER_BLOCK = 4;

    /** Numbers that are computed together. */
    private static final int GROUP = NUMBERS_PER_BLOCK * BLOCKS;

    private static final LongVector COUNTING = LongVector.broadcast(LONGS, 0).addIndex(1);

    // Two vectors of pairs of words become one run: the pairs of the first half of the blocks, then of the second.
    private static final VectorShuffle<Long> FIRST_HALF = interleaved(0);
    private static final VectorShuffle<Long> SECOND_HALF = interleaved(BLOCKS / 2);

    private static final long M0 = 0xD2511F53L;
    private static final long M1 = 0xCD9E8D57L;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;
    private static final int ROUNDS = 10;
    private static final long LOW = 0xFFFFFFFFL;
    private static final int UNUSED_BITS = 8;
    private static final float UNIT = 0x1p-24f;

    /** The array of {@link Scratch} for a group of which only some numbers are needed. */
    private static final int SCRATCH = 10;

    private VectorPhilox() {}

    private static VectorShuffle<Long> interleaved(int from) {
        return VectorShuffle.fromOp(LONGS, i -> from + i / 2 + (i % 2) * BLOCKS);
    }

    /**
     * Writes the elements {@code [first, first + count)} of a stream of uniform numbers in [0,1), the same as
     * {@link Philox#uniform} gives one by one.
     *
     * @param out the array that they are written to, from {@code at} on
     */
    public static void uniform(long seed, long stream, long first, float[] out, int at, int count) {
        long element = first - (first & (NUMBERS_PER_BLOCK - 1));
        long end = first + count;
        long place = at - first; // the place of element 0
        if (element != first) {
            part(seed, stream, element, first, Math.min(end, element + GROUP), out, place);
            element += GROUP;
        }
        int groups = (int) Math.max(0, (end - element) / GROUP);
        if (groups > 0) {
            groups(seed, stream, element / NUMBERS_PER_BLOCK, groups, out, (int) (place + element));
            element += (long) groups * GROUP;
        }
        if (element < end) {
            part(seed, stream, element, element, end, out, place);
        }
    }

    /** Writes the elements {@code [from, to)} of the group that begins at {@code start}. */
    private static void part(long seed, long stream, long start, long from, long to, float[] out, long place) {
        float[] group = Scratch.get().floats(SCRATCH, GROUP);
        groups(seed, stream, start / NUMBERS_PER_BLOCK, 1, group, 0);
        System.arraycopy(group, (int) (from - start), out, (int) (place + from), (int) (to - from));
    }

    /** Writes whole groups of numbers, from a block on. */
    private static void groups(long seed, long stream, long block, int groups, float[] out, int at) {
        int key0 = (int) seed;
        int key1 = (int) (seed >>> 32);
        LongVector stream0 = LongVector.broadcast(LONGS, stream & LOW);
        LongVector stream1 = LongVector.broadcast(LONGS, stream >>> 32);
        for (int g = 0; g < groups; g++) {
            LongVector counter = COUNTING.add(block + (long) g * BLOCKS);
            LongVector c0 = counter.and(LOW);
            LongVector c1 = counter.lanewise(VectorOperators.LSHR, 32);
            LongVector c2 = stream0;
            LongVector c3 = stream1;
            int k0 = key0;
            int k1 = key1;
            for (int round = 0; round < ROUNDS; round++) {
                // Words of 32 bits are kept in 64 bits, so that the product of two words is exact.
                LongVector p0 = c0.mul(M0);
                LongVector p1 = c2.mul(M1);
                c0 = p1.lanewise(VectorOperators.LSHR, 32)
                        .lanewise(VectorOperators.XOR, c1)
                        .lanewise(VectorOperators.XOR, k0 & LOW);
                c1 = p1.and(LOW);
                c2 = p0.lanewise(VectorOperators.LSHR, 32)
                        .lanewise(VectorOperators.XOR, c3)
                        .lanewise(VectorOperators.XOR, k1 & LOW);
                c3 = p0.and(LOW);
                k0 += W0;
                k1 += W1;
            }
            LongVector first = c0.or(c1.lanewise(VectorOperators.LSHL, 32));
            LongVector second = c2.or(c3.lanewise(VectorOperators.LSHL, 32));
            int to = at + g * GROUP;
            store(first.rearrange(FIRST_HALF, second), out, to);
            store(first.rearrange(SECOND_HALF, second), out, to + GROUP / 2);
        }
    }

    private static void store(LongVector words, float[] out, int at) {
        IntVector bits = words.reinterpretAsInts().lanewise(VectorOperators.LSHR, UNUSED_BITS);
        ((FloatVector) bits.convertShape(VectorOperators.I2F, Lanes.SPECIES, 0))
                .mul(UNIT)
                .intoArray(out, at);
    }
}

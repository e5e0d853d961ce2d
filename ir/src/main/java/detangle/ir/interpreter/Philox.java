package detangle.ir.interpreter;

/**
 * Philox 4x32-10, a counter-based generator (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): the
 * numbers of any element are computed alone, in any order, on any device.
 */
public final class Philox {
    private static final int ROUNDS = 10;
    private static final long M0 = 0xD2511F53L;
    private static final long M1 = 0xCD9E8D57L;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;
    private static final long LOW = 0xFFFFFFFFL;

    private Philox() {}

    /** Returns the four words of a block: counter words c0..c3 under key words k0, k1. */
    static int[] block(int c0, int c1, int c2, int c3, int k0, int k1) {
        int[] c = {c0, c1, c2, c3};
        int key0 = k0;
        int key1 = k1;
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = M0 * (c[0] & LOW);
            long p1 = M1 * (c[2] & LOW);
            int x0 = (int) (p1 >>> 32) ^ c[1] ^ key0;
            int x2 = (int) (p0 >>> 32) ^ c[3] ^ key1;
            c[0] = x0;
            c[1] = (int) p1;
            c[2] = x2;
            c[3] = (int) p0;
            key0 += W0;
            key1 += W1;
        }
        return c;
    }

    /** Element {@code index} of a stream of uniform numbers in [0,1) with 24 random bits, exact in f32. */
    public static double uniform(long seed, long stream, long index) {
        long block = index >>> 2;
        int[] words = block((int) block, (int) (block >>> 32), (int) stream, (int) (stream >>> 32), (int) seed, (int)
                (seed >>> 32));
        return (words[(int) (index & 3)] >>> 8) * 0x1p-24;
    }
}

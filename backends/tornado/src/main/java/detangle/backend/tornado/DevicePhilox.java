package detangle.backend.tornado;

/**
 * Philox 4x32-10 (Salmon et al. 2011), with the same numbers as the interpreter's. Words of 32 bits are longs that are
 * not negative: a product of two words is exact, and no shift has to fill with zeros, which TornadoVM would fill with
 * the sign.
 */
final class DevicePhilox {
    private static final int ROUNDS = 10;
    private static final long M0 = 0xD2511F53L;
    private static final long M1 = 0xCD9E8D57L;
    private static final long W0 = 0x9E3779B9L;
    private static final long W1 = 0xBB67AE85L;
    private static final long WORD = 0xFFFFFFFFL;

    private DevicePhilox() {}

    /** Returns the stream whose two halves are these; the sizes that kernels read have 32 bits. */
    static long stream(int low, int high) {
        long upper = high;
        return (upper << 32) | (low & WORD);
    }

    /** Returns the element {@code index} of a stream of uniform numbers in [0,1) with 24 random bits. */
    static float uniform(long seed, long stream, long index) {
        long c0 = (index >> 2) & WORD;
        long c1 = (index >> 34) & WORD;
        long c2 = stream & WORD;
        long c3 = (stream >> 32) & WORD;
        long k0 = seed & WORD;
        long k1 = (seed >> 32) & WORD;
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = M0 * c0;
            long p1 = M1 * c2;
            c0 = ((p1 >> 32) & WORD) ^ c1 ^ k0;
            c1 = p1 & WORD;
            c2 = ((p0 >> 32) & WORD) ^ c3 ^ k1;
            c3 = p0 & WORD;
            k0 = (k0 + W0) & WORD;
            k1 = (k1 + W1) & WORD;
        }
        long place = index & 3;
        long word = c0;
        if (place == 1) {
            word = c1;
        }
        if (place == 2) {
            word = c2;
        }
        if (place == 3) {
            word = c3;
        }
        int bits = (int) (word >> 8);
        return bits * 0x1p-24f;
    }
}

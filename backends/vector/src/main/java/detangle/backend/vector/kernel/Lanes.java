package detangle.backend.vector.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of all kernels: what the machine prefers, or what the system property {@code detangle.vector.bits}
 * (128, 256 or 512) says. It is a constant of the process, so that C2 can compile loops for it.
 */
public final class Lanes {
    /** The property that forces a width. */
    public static final String BITS = "detangle.vector.bits";

    public static final VectorSpecies<Float> SPECIES = species();

    /** Floats in a vector. */
    public static final int COUNT = SPECIES.length();

    // Lane i of the result is lane i + n; of the rest nothing is read.
    private static final VectorShuffle<Float> FROM_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorShuffle<Float> FROM_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> FROM_2 = VectorShuffle.iota(SPECIES, 2, 1, true);

    private Lanes() {}

    private static VectorSpecies<Float> species() {
        Integer bits = Integer.getInteger(BITS);
        if (bits == null) {
            return FloatVector.SPECIES_PREFERRED;
        }
        if (bits != 128 && bits != 256 && bits != 512) {
            throw new IllegalArgumentException(BITS + "=" + bits + " is no vector width: use 128, 256 or 512");
        }
        return VectorSpecies.of(float.class, VectorShape.forBitSize(bits));
    }

    /**
     * The sum of a vector's lanes, halves added to halves. {@code reduceLanes} leaves the order open: compiled code adds in another one than
     * interpreted code, so that the same text would have another last bit once its kernels are compiled.
     */
    static float sum(FloatVector v) {
        FloatVector sums = v;
        if (COUNT > 8) {
            sums = sums.add(sums.rearrange(FROM_8));
        }
        if (COUNT > 4) {
            sums = sums.add(sums.rearrange(FROM_4));
        }
        if (COUNT > 2) {
            sums = sums.add(sums.rearrange(FROM_2));
        }
        return sums.lane(0) + sums.lane(1);
    }

    /** The smallest multiple of a unit that is not below n. */
    public static int roundUp(int n, int unit) {
        return Math.ceilDiv(n, unit) * unit;
    }
}

package detangle.backend.vector.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
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
        // Lane by lane: what moves lanes within a vector makes several objects wherever it is not compiled yet.
        float even = v.lane(0);
        float odd = v.lane(1);
        float even2 = v.lane(2);
        float odd2 = v.lane(3);
        if (COUNT > 8) {
            even += v.lane(8);
            odd += v.lane(9);
            even2 += v.lane(10);
            odd2 += v.lane(11);
        }
        if (COUNT > 4) {
            float even4 = v.lane(4);
            float odd4 = v.lane(5);
            float even6 = v.lane(6);
            float odd6 = v.lane(7);
            if (COUNT > 8) {
                even4 += v.lane(12);
                odd4 += v.lane(13);
                even6 += v.lane(14);
                odd6 += v.lane(15);
            }
            even += even4;
            odd += odd4;
            even2 += even6;
            odd2 += odd6;
        }
        return (even + even2) + (odd + odd2);
    }

    /** The smallest multiple of a unit that is not below n. */
    public static int roundUp(int n, int unit) {
        return Math.ceilDiv(n, unit) * unit;
    }
}

package detangle.backend.vector.kernel;

import java.util.OptionalInt;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of all kernels: what the machine prefers, or what {@link VectorWidth} forces. It is a constant of
 * the process, so that C2 can compile loops for it.
 */
public final class Lanes {
    public static final VectorSpecies<Float> SPECIES = species();

    /** Floats in a vector. */
    public static final int COUNT = SPECIES.length();

    private Lanes() {}

    private static VectorSpecies<Float> species() {
        OptionalInt bits = VectorWidth.forced();
        return bits.isEmpty()
                ? FloatVector.SPECIES_PREFERRED
                : VectorSpecies.of(float.class, VectorShape.forBitSize(bits.getAsInt()));
    }

    /**
     * Returns the sum of a vector's lanes, halves added to halves. {@code reduceLanes} leaves the order open: compiled
     * code adds in another one than interpreted code, so that the same text would have another last bit once its
     * kernels are compiled.
     */
    static float sum(FloatVector v) {
        return (everyFourth(v, 0) + everyFourth(v, 2)) + (everyFourth(v, 1) + everyFourth(v, 3));
    }

    /** Returns the sum of as many floats as a vector has lanes, in the order of {@link #sum(FloatVector)}. */
    static float sum(float[] lanes) {
        return (everyFourth(lanes, 0) + everyFourth(lanes, 2)) + (everyFourth(lanes, 1) + everyFourth(lanes, 3));
    }

    private static float everyFourth(float[] lanes, int i) {
        return switch (COUNT) {
            case 4 -> lanes[i];
            case 8 -> lanes[i] + lanes[i + 4];
            default -> (lanes[i] + lanes[i + 8]) + (lanes[i + 4] + lanes[i + 12]);
        };
    }

    /**
     * Returns the sum of a lane of the first four and those that stand 4, 8 and 12 behind it, where there are that
     * many.
     */
    private static float everyFourth(FloatVector v, int i) {
        // Lane by lane: operations that move lanes within a vector make several objects until C2 has compiled them.
        return switch (COUNT) {
            case 4 -> v.lane(i);
            case 8 -> v.lane(i) + v.lane(i + 4);
            default -> (v.lane(i) + v.lane(i + 8)) + (v.lane(i + 4) + v.lane(i + 12));
        };
    }

    /** Returns the smallest multiple of a unit that is not below n. */
    public static int roundUp(int n, int unit) {
        return Math.ceilDiv(n, unit) * unit;
    }
}

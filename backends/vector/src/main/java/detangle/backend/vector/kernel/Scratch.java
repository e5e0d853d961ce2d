package detangle.backend.vector.kernel;

import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;

/** Memory that a kernel needs while it runs: a few arrays for each thread, which grow and stay. */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    /** The array of {@link VectorFunctions}. Regions take no other array from here while these run. */
    static final int FUNCTION = 0;

    /** The first of three arrays of {@link Activations}, which run while products use those of their own. */
    static final int ACTIVATION = 23;

    /** The rooms for tiles: three of {@link TileScores} and two of {@link TileMatMul}. */
    private static final int TILE_ROOMS = 5;

    private final float[][] arrays = new float[ACTIVATION + 3][0];
    private int[] ints = {};
    private double[] doubles = {};
    private final TileRoom[] tiles =
            Stream.generate(TileRoom::new).limit(TILE_ROOMS).toArray(TileRoom[]::new);

    private Scratch() {}

    /** Returns the memory of the calling thread. */
    static Scratch get() {
        return OF_THREAD.get();
    }

    /** At least this many ints; what is in them is left from their last use. */
    int[] ints(int size) {
        if (ints.length < size) {
            ints = new int[size];
        }
        return ints;
    }

    /** Returns an array of at least this many doubles; it contains the values of its last use. */
    double[] doubles(int size) {
        if (doubles.length < size) {
            doubles = new double[size];
        }
        return doubles;
    }

    /** Array {@code slot} with at least this many floats; what is in it is left from its last use. */
    float[] floats(int slot, int size) {
        if (arrays[slot].length < size) {
            arrays[slot] = new float[size];
        }
        return arrays[slot];
    }

    /** Native memory {@code slot} with at least this many bytes for tiles; it contains the values of its last use. */
    MemorySegment tiles(int slot, long size) {
        return tiles[slot].atLeast(size);
    }
}

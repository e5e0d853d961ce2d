package detangle.backend.tornado.cublaslt;

import java.util.Arrays;

/**
 * The sizes of attention that one kernel computes, and the layout of its index of distances.
 *
 * @param centre the place of distance 0 in the index
 * @param distances the places of the index
 */
public record FusedShape(AttentionShape shape, int centre, int distances) {
    /** The number of sizes, see {@link #sizes}. */
    public static final int SIZES = AttentionShape.SIZES + 2;

    /** Returns the shape of sizes that {@link #sizes} has returned. */
    static FusedShape of(int[] sizes) {
        return new FusedShape(AttentionShape.of(sizes), sizes[AttentionShape.SIZES], sizes[AttentionShape.SIZES + 1]);
    }

    /** Returns those of the shape, and the components behind it in their order. */
    public int[] sizes() {
        int[] all = Arrays.copyOf(shape.sizes(), SIZES);
        all[AttentionShape.SIZES] = centre;
        all[AttentionShape.SIZES + 1] = distances;
        return all;
    }

    /** Returns the tiles of queries that each sequence has. */
    int tiles() {
        return Math.ceilDiv(Math.min(shape.longest(), shape.queryRows()), AttentionPtx.TILE);
    }

    /** Returns the groups of threads that a head has. */
    int groups() {
        return Math.multiplyExact(tiles(), shape.sequences());
    }
}

package detangle.backend.tornado.cublaslt;

import detangle.backend.ComputePrecision;

/**
 * The sizes of attention over packed sequences that one kernel computes. Rows of queries, keys, values and the result
 * are {@code [heads, width]}, and the tables of positions are {@code [heads, tableRows, width]}.
 *
 * @param sequences the number of sequences
 * @param queryRows the queries of all sequences; {@code keyRows} are their keys
 * @param longestQueries the most queries of a sequence; {@code longestKeys} are the most keys
 * @param centre the place of distance 0 in the index of distances
 * @param distances the places of the index
 * @param c2p whether there is a term of queries and positions; {@code p2c} stands for that of keys and positions
 */
public record FusedShape(
        int sequences,
        int heads,
        int width,
        int queryRows,
        int keyRows,
        int longestQueries,
        int longestKeys,
        int tableRows,
        int centre,
        int distances,
        boolean c2p,
        boolean p2c) {
    /** The number of sizes, see {@link #sizes}. */
    public static final int SIZES = 12;

    /** Returns the shape of sizes that {@link #sizes} has returned. */
    static FusedShape of(int[] sizes) {
        return new FusedShape(
                sizes[0],
                sizes[1],
                sizes[2],
                sizes[3],
                sizes[4],
                sizes[5],
                sizes[6],
                sizes[7],
                sizes[8],
                sizes[9],
                sizes[10] == 1,
                sizes[11] == 1);
    }

    /** Returns the components in their order; a flag is 1 if it is set, or 0. */
    public int[] sizes() {
        return new int[] {
            sequences,
            heads,
            width,
            queryRows,
            keyRows,
            longestQueries,
            longestKeys,
            tableRows,
            centre,
            distances,
            c2p ? 1 : 0,
            p2c ? 1 : 0
        };
    }

    /** Returns what the kernel is written for. */
    AttentionPtx.Form form(ComputePrecision precision) {
        return new AttentionPtx.Form(precision, width, c2p, p2c);
    }

    /** Returns the tiles of queries that each sequence has room for. */
    int tiles() {
        return Math.ceilDiv(Math.min(longestQueries, queryRows), AttentionLayout.TILE);
    }

    /** Returns the groups of threads that a head has. */
    int groups() {
        return Math.multiplyExact(tiles(), sequences);
    }

    /**
     * Checks that each sequence has rows of its own within those of all.
     *
     * @throws IllegalArgumentException if the segments lead outside of them
     */
    void require(int[] querySegments, int[] keySegments) {
        for (int n = 0; n < sequences; n++) {
            AttentionShape.length("query", querySegments, n, longestQueries, queryRows);
            AttentionShape.length("key", keySegments, n, longestKeys, keyRows);
        }
    }
}

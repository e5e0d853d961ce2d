package detangle.backend.vector.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Packs rows of a matrix as a {@link Tile} reads them: element {@code k} of row {@code i} at {@code k * rows + i}. */
final class RowPacking {
    /** Rows and columns of a block that is transposed in registers. */
    private static final int BLOCK = 4;

    private RowPacking() {}

    /**
     * Packs the rows of one tile.
     *
     * @param row where the first row begins; rows are {@code stride} apart
     * @param depth elements of a row
     */
    static void pack(float[] from, int row, int stride, int rows, int depth, float[] to, int at) {
        int inBlocks = Warmup.usesVectors() ? rows / BLOCK * BLOCK : 0;
        for (int i = 0; i < inBlocks; i += BLOCK) {
            Blocks.four(from, row + i * stride, stride, depth, to, at + i, rows);
        }
        for (int i = inBlocks; i < rows; i++) {
            int source = row + i * stride;
            int target = at + i;
            for (int k = 0; k < depth; k++) {
                to[target] = from[source + k];
                target += rows;
            }
        }
    }

    /** Packs blocks by vectors. A process that computes by loops over floats does not load this class. */
    private static final class Blocks {
        private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_128;
        private static final VectorShuffle<Float> EVEN_TWICE = VectorShuffle.fromValues(SPECIES, 0, 0, 2, 2);
        private static final VectorShuffle<Float> ODD_TWICE = VectorShuffle.fromValues(SPECIES, 1, 1, 3, 3);
        private static final VectorShuffle<Float> HALVES_SWAPPED = VectorShuffle.fromValues(SPECIES, 2, 3, 0, 1);
        private static final VectorMask<Float> ODD = VectorMask.fromValues(SPECIES, false, true, false, true);
        private static final VectorMask<Float> UPPER = VectorMask.fromValues(SPECIES, false, false, true, true);

        private Blocks() {}

        /**
         * Packs four rows: each turn reads four vectors and writes their transpose. Longer than what C2 inlines, as all
         * loops over vectors are (see {@link VectorMath}).
         */
        static void four(float[] from, int row, int stride, int depth, float[] to, int at, int rows) {
            int target = at;
            int k = row;
            for (; k <= row + depth - BLOCK; k += BLOCK) {
                FloatVector a = FloatVector.fromArray(SPECIES, from, k);
                FloatVector b = FloatVector.fromArray(SPECIES, from, k + stride);
                FloatVector c = FloatVector.fromArray(SPECIES, from, k + 2 * stride);
                FloatVector d = FloatVector.fromArray(SPECIES, from, k + 3 * stride);
                FloatVector evenOfFirst = a.blend(b.rearrange(EVEN_TWICE), ODD);
                FloatVector oddOfFirst = a.rearrange(ODD_TWICE).blend(b, ODD);
                FloatVector evenOfLast = c.blend(d.rearrange(EVEN_TWICE), ODD);
                FloatVector oddOfLast = c.rearrange(ODD_TWICE).blend(d, ODD);
                evenOfFirst.blend(evenOfLast.rearrange(HALVES_SWAPPED), UPPER).intoArray(to, target);
                oddOfFirst.blend(oddOfLast.rearrange(HALVES_SWAPPED), UPPER).intoArray(to, target + rows);
                evenOfFirst.rearrange(HALVES_SWAPPED).blend(evenOfLast, UPPER).intoArray(to, target + 2 * rows);
                oddOfFirst.rearrange(HALVES_SWAPPED).blend(oddOfLast, UPPER).intoArray(to, target + 3 * rows);
                target += BLOCK * rows;
            }
            for (; k < row + depth; k++) {
                to[target] = from[k];
                to[target + 1] = from[k + stride];
                to[target + 2] = from[k + 2 * stride];
                to[target + 3] = from[k + 3 * stride];
                target += rows;
            }
        }
    }
}

package detangle.backend.tornado;

import detangle.backend.ComputePrecision;
import detangle.backend.tornado.cublaslt.AttentionShape;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.FusedShape;
import detangle.backend.tornado.cublaslt.ProductOptions;
import java.util.LinkedHashSet;
import java.util.Set;
import uk.ac.manchester.tornado.api.common.Access;

/**
 * Attention as one kernel, or products of attention that the matrix library computes, of matrices as
 * {@link AttentionShape} has them. One call has all products that need nothing of one another, as each task of a graph
 * takes time on the host.
 *
 * @param sizes the number of sizes that it reads
 * @param results the places of its results among its arguments
 */
record LibraryAttention(String function, ProductOptions options, int sizes, Set<Integer> results)
        implements LibraryCall {
    private LibraryAttention(String function, ProductOptions options, Set<Integer> results) {
        this(function, options, AttentionShape.SIZES, results);
    }

    /**
     * Returns the call that computes attention in one kernel. Its arguments are q, k, v, both tables of positions, the
     * segments of queries and of keys, their positions, the index into the tables, and the result; an array that nobody
     * reads stands in the place of what there is not.
     *
     * @param factor what scores are multiplied by
     */
    static LibraryAttention whole(ComputePrecision precision, float factor) {
        return new LibraryAttention(
                CublasLtSession.ATTENTION, new ProductOptions(precision, false, factor), FusedShape.SIZES, Set.of(10));
    }

    /**
     * Returns the call that computes the terms of positions and the scores {@code q k^T}. Its arguments are q, k, both
     * tables of positions, the segments of queries and of keys, both terms, and the scores; an array that nobody reads
     * stands in the place of what there is not.
     *
     * @param factor what terms and scores are multiplied by
     */
    static LibraryAttention scores(ComputePrecision precision, float factor, boolean c2p, boolean p2c) {
        Set<Integer> results = new LinkedHashSet<>();
        if (c2p) {
            results.add(6);
        }
        if (p2c) {
            results.add(7);
        }
        results.add(8);
        return new LibraryAttention(
                CublasLtSession.ATTENTION_SCORES, new ProductOptions(precision, false, factor), Set.copyOf(results));
    }

    /**
     * Returns the call that multiplies weights and values. Its arguments are the weights, v, the segments of queries
     * and of keys, and the result. Rows of the result whose sequence has no keys are not written.
     */
    static LibraryAttention context(ComputePrecision precision) {
        return new LibraryAttention(CublasLtSession.ATTENTION_CONTEXT, new ProductOptions(precision, false), Set.of(4));
    }

    /**
     * Returns the call that multiplies transposed weights and rows of queries. Its arguments are the weights, the rows,
     * the segments of queries and of keys, and the result, which has rows of keys. Those whose sequence has no queries
     * are not written.
     */
    static LibraryAttention transposed(ComputePrecision precision) {
        return new LibraryAttention(
                CublasLtSession.ATTENTION_TRANSPOSED, new ProductOptions(precision, false), Set.of(4));
    }

    @Override
    public ProductOptions tuning() {
        return options;
    }

    @Override
    public Access access(int place, int arguments) {
        return results.contains(place) ? Access.WRITE_ONLY : Access.READ_ONLY;
    }
}

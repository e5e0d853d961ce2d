package detangle.backend.tornado.cublaslt;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The sizes and the layout of attention as products of matrices. Rows of queries, keys, values and the result are
 * {@code [heads, width]}. Scores are {@code [sequences, heads, longest, stride]}, with room for the longest sequence of
 * queries and of keys in each matrix. A position term is {@code [heads, rows, slotStride]}, the product of each row
 * with a window of a table {@code [heads, tableRows, width]}.
 *
 * @param sequences the number of sequences
 * @param packed whether segments say which rows a sequence has; otherwise all sequences have the same number of them
 * @param queryRows the queries of all sequences; {@code keyRows} are their keys
 * @param longest the rows of a matrix of scores
 * @param stride the distance in elements between two rows of scores
 * @param firstSlot the first row of the tables that is used, and {@code slots} is the number of rows
 * @param slotStride the distance in elements between two rows of a position term
 * @param c2p whether there is a term of queries and positions; {@code p2c} stands for that of keys and positions
 */
public record AttentionShape(
        int sequences,
        boolean packed,
        int heads,
        int width,
        int queryRows,
        int keyRows,
        int longest,
        int stride,
        int firstSlot,
        int slots,
        int slotStride,
        int tableRows,
        boolean c2p,
        boolean p2c) {
    /** The number of sizes that describe a shape, see {@link #sizes}. */
    public static final int SIZES = 14;

    /** Sequences that follow one another and have the same number of queries and of keys. */
    private record Stretch(int first, int count, int firstQuery, int queries, int firstKey, int keys) {}

    /** Returns the shape of sizes that {@link #sizes} has returned; others may stand behind them. */
    static AttentionShape of(int[] sizes) {
        return new AttentionShape(
                sizes[0],
                sizes[1] == 1,
                sizes[2],
                sizes[3],
                sizes[4],
                sizes[5],
                sizes[6],
                sizes[7],
                sizes[8],
                sizes[9],
                sizes[10],
                sizes[11],
                sizes[12] == 1,
                sizes[13] == 1);
    }

    /** Returns the components in their order; a flag is 1 if it is set, or 0. */
    public int[] sizes() {
        return new int[] {
            sequences,
            packed ? 1 : 0,
            heads,
            width,
            queryRows,
            keyRows,
            longest,
            stride,
            firstSlot,
            slots,
            slotStride,
            tableRows,
            c2p ? 1 : 0,
            p2c ? 1 : 0
        };
    }

    /** Returns the shape of attention without terms of positions. */
    public AttentionShape withoutTerms() {
        return new AttentionShape(
                sequences, packed, heads, width, queryRows, keyRows, longest, stride, 0, 0, 0, 0, false, false);
    }

    /** Returns the calls that compute {@code x table^T} of rows of queries or keys, by head. */
    List<Matmul> positionTerm(int rows) {
        if (rows == 0 || slots == 0) {
            return List.of();
        }
        Matmul.Shape shape = new Matmul.Shape(
                slots,
                rows,
                width,
                true,
                width,
                false,
                heads * width,
                slotStride,
                heads,
                (long) tableRows * width,
                width,
                (long) rows * slotStride);
        return List.of(new Matmul(shape, (long) firstSlot * width, 0, 0));
    }

    /**
     * Returns the calls that compute {@code q k^T} for each sequence and head.
     *
     * @param querySegments where the queries of each sequence begin, and those of the last end, as {@code keySegments}
     *     does for keys; not read unless the sequences are packed
     */
    List<Matmul> scores(int[] querySegments, int[] keySegments) {
        return calls(querySegments, keySegments, this::scores);
    }

    /** Returns the calls that compute the product of weights, which lie where the scores were, and values. */
    List<Matmul> context(int[] querySegments, int[] keySegments) {
        return calls(querySegments, keySegments, this::context);
    }

    /** Returns the calls that compute the product of transposed weights and rows of queries. */
    List<Matmul> transposed(int[] querySegments, int[] keySegments) {
        return calls(querySegments, keySegments, this::transposed);
    }

    /**
     * A call for the matrices of one sequence or head, or of several.
     *
     * @param query the index of the first element of rows of queries; {@code key} and {@code score} are those of rows
     *     of keys and of scores
     * @param batch the number of matrices, and {@code queryStride} and so on the distances between them
     */
    private record Place(
            int queries,
            int keys,
            long query,
            long key,
            long score,
            int batch,
            long queryStride,
            long keyStride,
            long scoreStride) {}

    private Matmul scores(Place p) {
        int row = heads * width;
        Matmul.Shape shape = new Matmul.Shape(
                p.keys,
                p.queries,
                width,
                true,
                row,
                false,
                row,
                stride,
                p.batch,
                p.keyStride,
                p.queryStride,
                p.scoreStride);
        return new Matmul(shape, p.key, p.query, p.score);
    }

    private Matmul context(Place p) {
        int row = heads * width;
        Matmul.Shape shape = new Matmul.Shape(
                width,
                p.queries,
                p.keys,
                false,
                row,
                false,
                stride,
                row,
                p.batch,
                p.keyStride,
                p.scoreStride,
                p.queryStride);
        return new Matmul(shape, p.key, p.score, p.query);
    }

    private Matmul transposed(Place p) {
        int row = heads * width;
        Matmul.Shape shape = new Matmul.Shape(
                width,
                p.keys,
                p.queries,
                false,
                row,
                true,
                stride,
                row,
                p.batch,
                p.queryStride,
                p.scoreStride,
                p.keyStride);
        return new Matmul(shape, p.query, p.score, p.key);
    }

    /**
     * The library has one batch axis: it is that of heads or that of sequences of the same length, whichever makes
     * fewer calls.
     */
    private List<Matmul> calls(int[] querySegments, int[] keySegments, Function<Place, Matmul> call) {
        int row = heads * width;
        long matrix = (long) longest * stride;
        List<Matmul> calls = new ArrayList<>();
        for (Stretch s : stretches(querySegments, keySegments)) {
            boolean byHead = s.count <= heads;
            for (int i = 0; i < (byHead ? s.count : heads); i++) {
                int sequence = byHead ? i : 0;
                int head = byHead ? 0 : i;
                calls.add(call.apply(new Place(
                        s.queries,
                        s.keys,
                        ((long) s.firstQuery + (long) sequence * s.queries) * row + (long) head * width,
                        ((long) s.firstKey + (long) sequence * s.keys) * row + (long) head * width,
                        ((long) (s.first + sequence) * heads + head) * matrix,
                        byHead ? heads : s.count,
                        byHead ? width : (long) s.queries * row,
                        byHead ? width : (long) s.keys * row,
                        byHead ? matrix : heads * matrix)));
            }
        }
        return calls;
    }

    /** Returns the sequences that have both queries and keys. */
    private List<Stretch> stretches(int[] querySegments, int[] keySegments) {
        if (!packed) {
            int queries = sequences == 0 ? 0 : queryRows / sequences;
            int keys = sequences == 0 ? 0 : keyRows / sequences;
            return queries == 0 || keys == 0 ? List.of() : List.of(new Stretch(0, sequences, 0, queries, 0, keys));
        }
        List<Stretch> stretches = new ArrayList<>();
        for (int n = 0; n < sequences; n++) {
            int queries = length("query", querySegments, n, longest, queryRows);
            int keys = length("key", keySegments, n, stride, keyRows);
            if (queries == 0 || keys == 0) {
                continue;
            }
            Stretch last = stretches.isEmpty() ? null : stretches.getLast();
            if (last != null && last.first + last.count == n && last.queries == queries && last.keys == keys) {
                stretches.set(
                        stretches.size() - 1,
                        new Stretch(last.first, last.count + 1, last.firstQuery, queries, last.firstKey, keys));
            } else {
                stretches.add(new Stretch(n, 1, querySegments[n], queries, keySegments[n], keys));
            }
        }
        return stretches;
    }

    /**
     * Returns the rows of a sequence.
     *
     * @param most the most that a sequence may have
     * @param rows those of all sequences
     * @throws IllegalArgumentException if the segments lead outside of them
     */
    static int length(String what, int[] segments, int sequence, int most, int rows) {
        int begin = segments[sequence];
        int end = segments[sequence + 1];
        if (begin < 0 || end < begin || end > rows || end - begin > most) {
            throw new IllegalArgumentException("the " + what + " segments say that sequence " + sequence
                    + " has the rows from " + begin + " to " + end + ", of " + rows + " rows and sequences of up to "
                    + most);
        }
        return end - begin;
    }
}

package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;
import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Computes the probabilities of one head of one sequence, for attention and for its gradients. Scores of a block of
 * queries are kept in cache; the position terms are products with the few panels of the position tables that the block
 * reaches, looked up by gathers.
 *
 * <p>A sequence's keys take the places from its first position to its last; a place without a key is masked.
 */
sealed class AttentionScores permits TileScores {
    /** Queries of a block: its scores and position terms at length 512 fit the second-level cache. */
    static final int BLOCK = 48;

    /** Stands in the place of terms that there are not. */
    private static final float[] NONE = {};

    static final float[] NO_BIAS = new float[2 * WIDTH];

    // Arrays of Scratch.
    private static final int KEYS = 2;
    private static final int VALUES = 3;
    private static final int KEY_TERMS = 4;
    private static final int SCORES = 5;
    private static final int QUERY_TERMS = 6;
    private static final int PACKED = 7;
    private static final int FACTORS = 8;
    private static final int SPREAD = 9;
    private static final int KEPT = 20;

    final AttentionOperands operands;

    private int heads;
    private int size;
    private float scale;
    private int sequence;
    private int head;

    /** The first key's position: its place is 0. */
    private int first;

    private int span;
    private int padded;
    private int stride;
    private boolean gaps;
    private RelativeTable table;
    private KeptPanels pk;
    private KeptPanels pq;
    private int termStride;

    AttentionScores(AttentionOperands operands) {
        this.operands = operands;
    }

    /**
     * Begins with a head of a sequence.
     *
     * @param headCount heads of a row
     * @param headSize elements of a head
     */
    void locate(int headCount, int headSize, float factor, int ofSequence, int ofHead) {
        this.heads = headCount;
        this.size = headSize;
        this.scale = factor;
        this.sequence = ofSequence;
        this.head = ofHead;
        int begin = operands.keys.begin(sequence);
        int count = operands.keys.begin(sequence + 1) - begin;
        this.first = count == 0 ? 0 : operands.keys.position(begin);
        this.span = count == 0 ? 0 : operands.keys.position(begin + count - 1) - first + 1;
        this.gaps = span != count;
        this.padded = Lanes.roundUp(span, WIDTH);
        // Not a power of two, so that rows do not all fall into the same sets of the cache.
        this.stride = padded + COUNT;
        this.table = operands.positions.table;
        this.pk = of(operands.positions.keys);
        this.pq = of(operands.positions.queries);
        this.termStride = table.stride();
    }

    private KeptPanels of(KeptPanels[] tables) {
        return tables.length > 0 ? tables[head] : PackedMatrix.NONE;
    }

    private boolean hasQueryTerms() {
        return pk != PackedMatrix.NONE;
    }

    private boolean hasKeyTerms() {
        return pq != PackedMatrix.NONE;
    }

    int firstQuery() {
        return operands.queries.begin(sequence);
    }

    int endOfQueries() {
        return operands.queries.begin(sequence + 1);
    }

    int firstKey() {
        return operands.keys.begin(sequence);
    }

    int endOfKeys() {
        return operands.keys.begin(sequence + 1);
    }

    /** Returns the place of a key. */
    int place(int key) {
        return operands.keys.position(key) - first;
    }

    /** Returns whether some places between keys have no key. */
    boolean hasGaps() {
        return gaps;
    }

    /** Elements of a head. */
    int size() {
        return size;
    }

    /** Places of keys. */
    int span() {
        return span;
    }

    /** Places of keys in whole panels. */
    int padded() {
        return padded;
    }

    /** Floats between rows of scores. */
    int stride() {
        return stride;
    }

    /** Floats between rows of heads. */
    int rowStride() {
        return heads * size;
    }

    /** Returns the place of this head of a row, in floats from row 0 and head 0. */
    int at(int row) {
        return (row * heads + head) * size;
    }

    /** Returns the difference of place and position at which a query at a position meets the key at place 0. */
    int origin(int position) {
        return table.origin() + first - position;
    }

    /**
     * Returns the panels of a position table that queries {@code [begin, end)} reach at places {@code [from, to)}:
     * first and last.
     */
    long panels(int begin, int end, int from, int to) {
        return panels(begin, end, from, to, WIDTH);
    }

    /** Returns the same of panels of some columns. */
    long panels(int begin, int end, int from, int to, int columns) {
        int lowest = operands.queries.position(begin);
        int highest = operands.queries.position(end - 1);
        return table.panels(origin(highest) + from, origin(lowest) + to - 1, columns);
    }

    /** Packs keys and computes their position terms. There is at least one key, and one query. */
    void prepare(Scratch scratch) {
        float[] source = places(scratch, operands.k);
        packKeys(scratch, source);
        if (hasKeyTerms()) {
            keyTerms(source, scratch.floats(KEY_TERMS, padded * termStride), scratch);
        }
    }

    /** Packs keys at their places, for {@link #multiplyKeys}. */
    void packKeys(Scratch scratch, float[] source) {
        float[] keyPanels = scratch.floats(KEYS, PackedMatrix.size(size, span));
        PackedMatrix.packRows(source, firstPlace(operands.k), placeStride(), span, size, keyPanels, 0);
    }

    /** Packs values at their places, for {@link #multiplyValues}. */
    void packValues(Scratch scratch) {
        float[] values = scratch.floats(VALUES, PackedMatrix.size(span, size));
        float[] source = places(scratch, operands.v);
        PackedMatrix.packColumns(source, firstPlace(operands.v), placeStride(), span, size, values, 0);
    }

    /** Packs queries or keys, a block of them at most, as the left side of the next products. */
    void packLeft(Scratch scratch, float[] from, int at, int apart, int rows) {
        MicroKernel.ORDINARY.packRows(from, at, apart, rows, size, packed(scratch), 0);
    }

    /** Multiplies packed queries by the keys; scores of places behind the last key are finite. */
    void multiplyKeys(Scratch scratch, int rows, float[] scores) {
        float[] packed = packed(scratch);
        float[] keyPanels = scratch.floats(KEYS, 0);
        for (int p = 0; p < PackedMatrix.panels(span); p++) {
            Gemm.multiply(
                    packed, 0, rows, size, keyPanels, p * size * WIDTH, WIDTH, NO_BIAS, 0, scores, p * WIDTH, stride);
        }
    }

    /** Multiplies the scores of the queries {@code [begin, begin + rows)} by the values, into the result. */
    void multiplyValues(Scratch scratch, int begin, int rows) {
        float[] packed = packed(scratch);
        float[] values = scratch.floats(VALUES, 0);
        MicroKernel.ORDINARY.packRows(scores(scratch), 0, stride, rows, span, packed, 0);
        for (int p = 0; p < PackedMatrix.panels(size); p++) {
            int columns = Math.min(WIDTH, size - p * WIDTH);
            int at = operands.out.offset + at(begin) + p * WIDTH;
            int panel = p * span * WIDTH;
            float[] out = operands.out.data;
            Gemm.multiply(packed, 0, rows, span, values, panel, columns, NO_BIAS, 0, out, at, rowStride());
        }
    }

    /** Room for packed rows of a block and, behind them, for a row of the mask. */
    float[] packed(Scratch scratch) {
        return scratch.floats(PACKED, BLOCK * Math.max(size, span) + padded);
    }

    /**
     * Keys or values at their places: row n, {@link #placeStride} apart from {@link #firstPlace} on, is that of place
     * n.
     */
    float[] places(Scratch scratch, AttentionOperands.Heads x) {
        if (!gaps) {
            return x.data;
        }
        float[] spread = scratch.floats(SPREAD, span * size);
        Arrays.fill(spread, 0, span * size, 0);
        for (int row = firstKey(); row < endOfKeys(); row++) {
            System.arraycopy(x.data, x.offset + at(row), spread, place(row) * size, size);
        }
        return spread;
    }

    int firstPlace(AttentionOperands.Heads x) {
        return gaps ? 0 : x.offset + at(firstKey());
    }

    int placeStride() {
        return gaps ? size : rowStride();
    }

    /** {@code k_j . pq[r]} for every key and every position row that some query sees it at. */
    private void keyTerms(float[] source, float[] keyTerms, Scratch scratch) {
        int from = firstPlace(operands.k);
        int step = placeStride();
        for (int place = 0; place < span; place += BLOCK) {
            int rows = Math.min(BLOCK, span - place);
            packLeft(scratch, source, from + place * step, step, rows);
            terms(scratch, place, rows, false, pq, keyTerms, place * termStride);
        }
    }

    /**
     * Products of packed rows, keys at places or queries from {@code begin} on, with the position rows that some query
     * sees a key at. Each tile has panels of its own, as a few rows reach hardly more positions than there are keys.
     */
    void terms(Scratch scratch, int begin, int rows, boolean ofQueries, KeptPanels positions, float[] terms, int to) {
        PackedMatrix b = (PackedMatrix) positions;
        float[] packed = packed(scratch);
        TileShape shape = MicroKernel.ORDINARY.shape();
        int tile;
        for (int i = 0; i < rows; i += tile) {
            tile = shape.next(rows - i);
            int from = begin + i;
            long panels = ofQueries
                    ? panels(from, from + tile, 0, span)
                    : panels(firstQuery(), endOfQueries(), from, from + tile);
            for (int p = (int) (panels >>> 32); p <= (int) panels; p++) {
                int panel = b.offset() + p * size * WIDTH;
                int at = to + i * termStride + p * WIDTH;
                Gemm.multiply(packed, i * size, tile, size, b.data(), panel, WIDTH, NO_BIAS, 0, terms, at, termStride);
            }
        }
    }

    /** Scores of a block as {@link #compute} leaves them, rows {@link #stride} apart. */
    float[] scores(Scratch scratch) {
        return scratch.floats(SCORES, BLOCK * stride);
    }

    /** Returns the factor of the scores of each query of a block. */
    float[] factors(Scratch scratch) {
        return scratch.floats(FACTORS, BLOCK);
    }

    /** Returns whether dropout drops some probabilities. */
    boolean drops() {
        return operands.dropout.present;
    }

    /**
     * Returns the factors of the scores of a block for dropout, in rows like theirs; they are 0 for dropped
     * probabilities.
     */
    float[] kept(Scratch scratch) {
        return scratch.floats(KEPT, BLOCK * stride);
    }

    /** Draws and returns {@link #kept} of the queries {@code [begin, begin + rows)}. */
    float[] drawKept(Scratch scratch, int begin, int rows) {
        float[] kept = kept(scratch);
        AttentionOperands.Dropout dropout = operands.dropout;
        int queries = endOfQueries() - firstQuery();
        int keys = endOfKeys() - firstKey();
        for (int i = 0; i < rows; i++) {
            int at = i * stride;
            long place = dropout.place(sequence, head, heads, begin + i, firstKey(), queries, keys);
            VectorPhilox.uniform(dropout.seed, dropout.stream, place, kept, at, keys);
            AttentionLoops.keep(kept, at, keys, dropout.rate, dropout.scale);
            Arrays.fill(kept, at + keys, at + padded, 0);
            for (int key = keys - 1; key >= 0 && gaps; key--) {
                // The loop begins with the last key, as the place of a key is never less than its number.
                float factor = kept[at + key];
                kept[at + key] = 0;
                kept[at + place(firstKey() + key)] = factor;
            }
        }
        return kept;
    }

    /** Returns the {@link #origin} of each query of a block. */
    int[] origins(Scratch scratch) {
        return scratch.ints(BLOCK);
    }

    /**
     * Computes {@link #scores} of the queries {@code [begin, begin + rows)}: probabilities up to the {@link #factors},
     * 0 where a key is hidden. Fills {@link #origins} too.
     */
    void compute(Scratch scratch, int begin, int rows) {
        float[] packed = packed(scratch);
        float[] scores = scores(scratch);
        float[] factors = factors(scratch);
        float[] queryTerms = scratch.floats(QUERY_TERMS, hasQueryTerms() ? BLOCK * termStride : 0);
        float[] keyTerms = scratch.floats(KEY_TERMS, 0);
        int maskBuffer = BLOCK * Math.max(size, span);
        packLeft(scratch, operands.q.data, operands.q.offset + at(begin), rowStride(), rows);
        multiplyKeys(scratch, rows, scores);
        if (hasQueryTerms()) {
            terms(scratch, begin, rows, true, pk, queryTerms, 0);
        }
        int[] origins = origins(scratch);
        for (int i = 0; i < rows; i++) {
            origins[i] = origin(operands.queries.position(begin + i));
        }
        if (hasQueryTerms() || hasKeyTerms()) {
            addTerms(scores, origins, rows, queryTerms, keyTerms);
        }
        int seen = -1;
        for (int i = 0; i < rows; i++) {
            seen = mask(begin - firstQuery() + i, seen, packed, maskBuffer);
            factors[i] = VectorMath.exponentials(scores, i * stride, padded, scale, packed, maskBuffer);
        }
    }

    /**
     * Adds both position terms to scores, a few keys of all queries at a time, as the looked-up terms of neighbours lie
     * near together. A loop for each case, in a method that is too large to be inlined (see {@link VectorMath}).
     */
    private void addTerms(float[] scores, int[] origins, int rows, float[] queryTerms, float[] keyTerms) {
        if (!Warmup.usesVectors()) {
            FloatLoops.addTerms(
                    scores,
                    stride,
                    origins,
                    rows,
                    padded,
                    table,
                    hasQueryTerms() ? queryTerms : NONE,
                    hasKeyTerms() ? keyTerms : NONE);
            return;
        }
        int terms = table.stride();
        int[] windows = table.windows();
        float[] places = table.places();
        int[] diagonal = table.diagonal();
        boolean byWindow = hasQueryTerms() && table.isNarrow();
        boolean byKey = hasKeyTerms();
        for (int j = 0; j < padded; j += COUNT) {
            if (byWindow && byKey) {
                for (int i = 0; i < rows; i++) {
                    int n = origins[i] + j;
                    int at = i * stride + j;
                    FloatVector term = FloatVector.fromArray(SPECIES, places, n * COUNT)
                            .selectFrom(FloatVector.fromArray(SPECIES, queryTerms, i * terms + windows[n]));
                    FloatVector.fromArray(SPECIES, scores, at)
                            .add(term)
                            .add(FloatVector.fromArray(SPECIES, keyTerms, j * terms, diagonal, n * COUNT))
                            .intoArray(scores, at);
                }
                continue;
            }
            if (byWindow) {
                for (int i = 0; i < rows; i++) {
                    int n = origins[i] + j;
                    int at = i * stride + j;
                    FloatVector term = FloatVector.fromArray(SPECIES, places, n * COUNT)
                            .selectFrom(FloatVector.fromArray(SPECIES, queryTerms, i * terms + windows[n]));
                    FloatVector.fromArray(SPECIES, scores, at).add(term).intoArray(scores, at);
                }
            } else if (hasQueryTerms()) {
                for (int i = 0; i < rows; i++) {
                    int at = i * stride + j;
                    FloatVector.fromArray(SPECIES, scores, at)
                            .add(FloatVector.fromArray(SPECIES, queryTerms, i * terms, table.byKey(), origins[i] + j))
                            .intoArray(scores, at);
                }
            }
            if (byKey) {
                for (int i = 0; i < rows; i++) {
                    int at = i * stride + j;
                    FloatVector.fromArray(SPECIES, scores, at)
                            .add(FloatVector.fromArray(
                                    SPECIES, keyTerms, j * terms, diagonal, (origins[i] + j) * COUNT))
                            .intoArray(scores, at);
                }
            }
        }
    }

    /**
     * Writes the row of the mask for a query, 0 where it sees a key and -inf elsewhere. Nothing is written if the query
     * sees the same keys as the one before, which {@code seen} describes. Returns {@code seen} for the next query.
     */
    private int mask(int query, int seen, float[] row, int at) {
        if (!operands.mask.present) {
            if (seen < 0) {
                Arrays.fill(row, at, at + padded, Float.NEGATIVE_INFINITY);
                for (int key = operands.keys.begin(sequence); key < operands.keys.begin(sequence + 1); key++) {
                    row[at + operands.keys.position(key) - first] = 0;
                }
            }
            return 0;
        }
        AttentionOperands.Mask m = operands.mask;
        int maskAt = m.offset + sequence * m.perBatch + query * m.perQuery;
        // Most queries of a sequence see the same keys.
        boolean same = seen >= 0
                && (maskAt == seen
                        || m.perKey == 1 && Arrays.equals(m.data, maskAt, maskAt + span, m.data, seen, seen + span));
        if (!same) {
            for (int j = 0; j < span; j++) {
                row[at + j] = m.data[maskAt + j * m.perKey] != 0 ? 0 : Float.NEGATIVE_INFINITY;
            }
            Arrays.fill(row, at + span, at + padded, Float.NEGATIVE_INFINITY);
        }
        return maskAt;
    }
}

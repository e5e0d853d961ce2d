package detangle.backend.tornado.cublaslt;

import static detangle.backend.tornado.cublaslt.AttentionLayout.BLOCKS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.BYTES;
import static detangle.backend.tornado.cublaslt.AttentionLayout.COLUMNS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.DEPTH;
import static detangle.backend.tornado.cublaslt.AttentionLayout.GROUPS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.KEY_PITCH;
import static detangle.backend.tornado.cublaslt.AttentionLayout.QUERY_PITCH;
import static detangle.backend.tornado.cublaslt.AttentionLayout.ROWS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.SPAN;
import static detangle.backend.tornado.cublaslt.AttentionLayout.THREADS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.TILE;
import static detangle.backend.tornado.cublaslt.AttentionLayout.WARP;
import static detangle.backend.tornado.cublaslt.AttentionLayout.WARPS;
import static detangle.backend.tornado.cublaslt.PtxNumbers.ZERO;
import static detangle.backend.tornado.cublaslt.PtxWriter.at;
import static detangle.backend.tornado.cublaslt.PtxWriter.vector;

import detangle.backend.ComputePrecision;
import java.util.Set;

/**
 * Writes a kernel for disentangled attention over packed sequences whose numbers have 16 bits, with products by the
 * matrix units of NVIDIA GPUs since Ampere. No scores are kept in memory: a group of threads has 64 queries of a
 * sequence and head, walks over its keys in steps of 64, and keeps the maximum and the sum of the exponentials so far
 * (Milakov and Gimelshein, 2018; Dao et al., FlashAttention, 2022).
 *
 * <p>Between 64 queries and 64 keys whose positions follow one another there are 127 distances. The group copies the
 * rows of the tables that these distances name to shared memory, by distance, and multiplies queries and keys with
 * them. In the next step half of the distances are the same, so the rows lie in a ring. Each of the four warps of a
 * group has 16 rows, which meet 79 of the distances. The term of query i and the tables lies in row i, with key j in
 * the column {@code i mod 16 - j + 63}; that of key j lies in row j, with query i in the column {@code i - j mod 16 +
 * 15}. Where positions leave numbers out, the same places are filled pair by pair.
 *
 * <p>The layouts of operands in registers are those of {@code mma.m16n8k16} in NVIDIA's description of PTX: thread
 * {@code 4 g + t} of a warp has the rows g and g + 8, and the columns 2 t and 2 t + 1 of each eight.
 */
final class AttentionPtx {
    /** The name of the kernel. */
    static final String ENTRY = "disentangled_attention";

    private static final Set<Integer> WIDTHS = Set.of(8, 16, 32, 64);

    /** Below any score that counts; differences to it are numbers, which those to -inf are not. */
    private static final String LOWEST = "0fFF7FFFFF";

    private static final String NEGATIVE_INFINITY = "0fFF800000";

    /**
     * The precision, the width and the terms that a kernel is written for.
     *
     * @param width the elements of a row of a head, 8, 16, 32 or 64
     */
    record Form(ComputePrecision precision, int width, boolean c2p, boolean p2c) {
        /** Returns the bytes of shared memory of a group. */
        int sharedBytes() {
            return new AttentionLayout(this).bytes;
        }
    }

    private final PtxWriter ptx = new PtxWriter();
    private final AttentionLayout layout;
    private final AttentionThread here;
    private final AttentionCopies copies;
    private final PtxNumbers numbers;

    /** The queries of the warp as first operands of products. */
    private final String[] queryParts;

    private final String[] scores;
    private final String[] sums;
    private final String[] maxima = ptx.f32s(2);
    private final String[] totals = ptx.f32s(2);

    private AttentionPtx(Form form) {
        this.layout = new AttentionLayout(form);
        this.numbers = new PtxNumbers(ptx, form.precision);
        this.here = new AttentionThread(ptx, layout);
        this.queryParts = ptx.b32s(layout.depth / DEPTH * 4);
        this.scores = ptx.f32s(TILE / 2);
        this.sums = ptx.f32s(layout.depth / 2);
        for (String sum : sums) {
            ptx.op("mov.f32", sum, ZERO);
        }
        for (int half = 0; half < 2; half++) {
            ptx.op("mov.f32", maxima[half], LOWEST);
            ptx.op("mov.f32", totals[half], ZERO);
        }
        loadQueries();
        this.copies = new AttentionCopies(ptx, layout, here);
    }

    /**
     * Returns whether there is a kernel.
     *
     * @param width the elements of a row of a head
     */
    static boolean covers(ComputePrecision precision, int width) {
        return WIDTHS.contains(width) && (precision == ComputePrecision.FP16 || precision == ComputePrecision.BF16);
    }

    /**
     * Returns the text of a kernel. Its groups are tiles of queries of all sequences along x, {@code tiles} a sequence,
     * and heads along y. Its parameters are the addresses of q, k, v, both tables of positions, the segments of queries
     * and of keys, their positions, the index into the tables and the result; then as numbers of 32 bits: the heads,
     * the tiles of a sequence, the rows of a table, the place of distance 0 in the index, its last place; and a float:
     * the scale of scores times log2(e), as the kernel computes powers of 2.
     */
    static String text(Form form) {
        return new AttentionPtx(form).write();
    }

    private String write() {
        if (layout.depth > layout.form.width()) {
            copies.clear();
        }
        ptx.op("mov.u32", here.nextKey, 0);
        ptx.when(ptx.compare("setp.eq.s32", here.keys, 0), "bra", "STORE");
        copies.copyKeys(true);
        copies.copyValues();
        ptx.label("STEP");
        ptx.op("mov.u32", here.firstKey, here.nextKey);
        ptx.op("add.s32", here.nextKey, here.nextKey, TILE);
        ptx.op("cp.async.wait_group", 1);
        String inOrder = copies.inOrder();
        if (layout.terms) {
            ptx.op("bar.red.and.pred", inOrder, 0, inOrder);
        } else {
            ptx.op("bar.sync", 0);
        }
        multiplyKeys();
        if (layout.terms) {
            ptx.when("!" + inOrder, "bra", "PAIRS");
            if (layout.form.c2p()) {
                multiplyQueryTerms();
            }
            if (layout.form.p2c()) {
                multiplyKeyTerms();
            }
            ptx.op("bra.uni", "TERMS");
            ptx.label("PAIRS");
            new AttentionPairs(ptx, layout, here, numbers).multiply();
            ptx.label("TERMS");
        }
        ptx.op("cp.async.wait_group", 0);
        ptx.op("bar.sync", 0);
        String isLast = ptx.compare("setp.ge.s32", here.nextKey, here.keys);
        ptx.when(isLast, "bra", "KEYS");
        copies.copyKeys(false);
        ptx.label("KEYS");
        addTerms();
        hideKeys();
        exponentials();
        multiplyValues();
        ptx.when(isLast, "bra", "STORE");
        ptx.op("bar.sync", 0);
        copies.copyValues();
        ptx.op("bra.uni", "STEP");
        ptx.label("STORE");
        store();
        ptx.label("DONE");
        ptx.op("ret");
        return ptx.module(ENTRY, THREADS, GROUPS);
    }

    /** Loads the rows of the warp as first operands. Behind the last query it is loaded again. */
    private void loadQueries() {
        String last = ptx.integer("sub.s32", here.queries, 1);
        for (int half = 0; half < 2; half++) {
            String row = ptx.integer("min.s32", here.queryRow(half), last);
            String place = ptx.wide("mad.wide.s32", row, here.rowBytes, here.q);
            place = ptx.wide("mad.wide.s32", here.pair, 2 * BYTES, place);
            for (int column = 0; column < layout.depth; column += COLUMNS) {
                String part = queryParts[column / COLUMNS * 2 + half];
                if (column < layout.form.width()) {
                    ptx.op("ld.global.nc.b32", part, at(place, column * BYTES));
                } else {
                    ptx.op("mov.b32", part, 0);
                }
            }
        }
    }

    /** Multiplies the queries of the warp and all keys: the scores without terms of positions. */
    private void multiplyKeys() {
        for (String score : scores) {
            ptx.op("mov.f32", score, ZERO);
        }
        for (int columns = 0; columns < TILE; columns += 2 * COLUMNS) {
            multiplyPair(queryParts, here.rightPlace, columns * layout.pitch * BYTES, scores, columns / 2);
        }
    }

    /** Adds the product of 16 rows and 16 columns, whose second operand lies in shared memory. */
    private void multiplyPair(String[] left, String place, int bytes, String[] results, int first) {
        for (int step = 0; step < layout.depth / DEPTH; step++) {
            String[] right = ptx.b32s(4);
            ptx.op("ldmatrix.sync.aligned.m8n8.x4.shared.b16", vector(right), at(place, bytes + step * DEPTH * BYTES));
            multiply(left, 4 * step, right, results, first);
        }
    }

    /** Adds two products of 16 x 16 and 16 x 8 elements that have the first operand in common. */
    private void multiply(String[] left, int firstLeft, String[] right, String[] results, int first) {
        String type = numbers.type();
        for (int half = 0; half < 2; half++) {
            int at = first + 4 * half;
            String to = vector(results[at], results[at + 1], results[at + 2], results[at + 3]);
            ptx.op(
                    "mma.sync.aligned.m16n8k16.row.col.f32." + type + "." + type + ".f32",
                    to,
                    vector(left[firstLeft], left[firstLeft + 1], left[firstLeft + 2], left[firstLeft + 3]),
                    vector(right[2 * half], right[2 * half + 1]),
                    to);
        }
    }

    /** Multiplies the queries of the warp and the rows of the table for the distances that they meet. */
    private void multiplyQueryTerms() {
        multiplyTerms(queryParts, here.warp, layout.queryRows, layout.queryTerms, QUERY_PITCH);
    }

    /** Multiplies 16 keys and the rows of the table for the distances that they meet. */
    private void multiplyKeyTerms() {
        String[] left = ptx.b32s(queryParts.length);
        String keyPlace = ptx.integer("mad.lo.s32", here.warp, ROWS * layout.pitch * BYTES, here.leftPlace);
        for (int step = 0; step < layout.depth / DEPTH; step++) {
            ptx.op(
                    "ldmatrix.sync.aligned.m8n8.x4.shared.b16",
                    vector(left[4 * step], left[4 * step + 1], left[4 * step + 2], left[4 * step + 3]),
                    at(keyPlace, step * DEPTH * BYTES));
        }
        // Distances are larger the earlier a key is.
        multiplyTerms(left, ptx.integer("sub.s32", WARPS - 1, here.warp), layout.keyRows, layout.keyTerms, KEY_PITCH);
    }

    /**
     * Multiplies rows of the warp and rows of a table. The last of 80 columns is of a distance that no pair has.
     *
     * @param first the first block of distances
     */
    private void multiplyTerms(String[] left, String first, int table, int to, int termPitch) {
        String row = ptx.integer("mad.lo.s32", here.warp, ROWS, here.group);
        String target = ptx.integer("mad.lo.s32", row, termPitch * BYTES, here.room);
        target = ptx.integer("mad.lo.s32", here.pair, 2 * BYTES, target);
        String begin = ptx.integer("add.s32", first, copies.ring);
        for (int columns = 0; columns < SPAN; columns += 2 * COLUMNS) {
            String[] results = ptx.f32s(8);
            for (String result : results) {
                ptx.op("mov.f32", result, ZERO);
            }
            String block = ptx.integer("add.s32", begin, columns / ROWS);
            ptx.op("and.b32", block, block, BLOCKS - 1);
            String place = ptx.integer("mad.lo.s32", block, ROWS * layout.pitch * BYTES, here.rightPlace);
            multiplyPair(left, place, table, results, 0);
            // Before they are scaled, terms may pass the range of 16 bits.
            for (String result : results) {
                ptx.op("mul.f32", result, result, here.factor);
            }
            for (int n = 0; n < results.length; n += 2) {
                int column = columns + n / 4 * COLUMNS;
                int bytes = (half(n) * COLUMNS * termPitch + column) * BYTES;
                ptx.op("st.shared.b32", at(target, to + bytes), numbers.narrow(results[n], results[n + 1]));
            }
        }
    }

    /** Scales the scores, and adds the terms of positions, which are scaled already. */
    private void addTerms() {
        String two = ptx.integer("shl.b32", here.pair, 1);
        String difference = ptx.integer("sub.s32", here.group, two);
        // Query i is 16 warp + g, and key j is 2 t, in the first score.
        String row = ptx.integer("mad.lo.s32", here.warp, ROWS, here.group);
        String queryPlace = ptx.integer("mad.lo.s32", row, QUERY_PITCH, difference);
        queryPlace = ptx.integer("mad.lo.s32", queryPlace, BYTES, here.room);
        String keyPlace = ptx.integer("mad.lo.s32", two, KEY_PITCH, difference);
        keyPlace = ptx.integer("mad.lo.s32", here.warp, ROWS, keyPlace);
        keyPlace = ptx.integer("mad.lo.s32", keyPlace, BYTES, here.room);
        for (int n = 0; n < scores.length; n++) {
            String score = scores[n];
            if (layout.form.c2p()) {
                // The row i of the terms, and the column i mod 16 - j + 63.
                int column = TILE - 1 - key(n) + half(n) * COLUMNS;
                int place = (half(n) * COLUMNS * QUERY_PITCH + column) * BYTES;
                ptx.op(
                        "fma.rn.f32",
                        score,
                        score,
                        here.factor,
                        numbers.widen("ld.shared.b16", at(queryPlace, layout.queryTerms + place)));
            } else {
                ptx.op("mul.f32", score, score, here.factor);
            }
            if (layout.form.p2c()) {
                // The row j of the terms, and the column i - j mod 16 + 15.
                int column = ROWS - 1 - key(n) % ROWS + half(n) * COLUMNS;
                int place = (key(n) * KEY_PITCH + column) * BYTES;
                ptx.op("add.f32", score, score, numbers.widen("ld.shared.b16", at(keyPlace, layout.keyTerms + place)));
            }
        }
    }

    /** Returns the key of a score of the first thread. */
    private static int key(int score) {
        return score / 4 * COLUMNS + score % 2;
    }

    /** Returns 1 for a score in the second half of the rows, and 0 for one in the first half. */
    private static int half(int score) {
        return score / 2 % 2;
    }

    /** Gives keys behind the last one a score that adds nothing. */
    private void hideKeys() {
        ptx.when(ptx.compare("setp.le.s32", here.nextKey, here.keys), "bra.uni", "ALL_KEYS");
        String first = ptx.integer("mad.lo.s32", here.pair, 2, here.firstKey);
        String left = ptx.integer("sub.s32", here.keys, first);
        for (int n = 0; n < scores.length; n++) {
            String hidden = ptx.compare("setp.le.s32", left, key(n));
            ptx.op("selp.f32", scores[n], NEGATIVE_INFINITY, scores[n], hidden);
        }
        ptx.label("ALL_KEYS");
    }

    /** Turns scores into exponentials of their differences to the maximum so far, and corrects sums to it. */
    private void exponentials() {
        for (int half = 0; half < 2; half++) {
            String max = ptx.f32();
            ptx.op("mov.f32", max, maxima[half]);
            for (int n = 0; n < scores.length; n++) {
                if (half(n) == half) {
                    ptx.op("max.f32", max, max, scores[n]);
                }
            }
            for (int apart = 1; apart < 4; apart *= 2) {
                String other = ptx.f32();
                ptx.op("shfl.sync.bfly.b32", other, max, apart, WARP - 1, "0xFFFFFFFF");
                ptx.op("max.f32", max, max, other);
            }
            String correction = ptx.f32();
            ptx.op("sub.f32", correction, maxima[half], max);
            ptx.op("ex2.approx.ftz.f32", correction, correction);
            ptx.op("mov.f32", maxima[half], max);
            ptx.op("mul.f32", totals[half], totals[half], correction);
            for (int n = 0; n < scores.length; n++) {
                if (half(n) == half) {
                    ptx.op("sub.f32", scores[n], scores[n], max);
                    ptx.op("ex2.approx.ftz.f32", scores[n], scores[n]);
                    ptx.op("add.f32", totals[half], totals[half], scores[n]);
                }
            }
            for (int n = 0; n < sums.length; n++) {
                if (half(n) == half) {
                    ptx.op("mul.f32", sums[n], sums[n], correction);
                }
            }
        }
    }

    /** Adds the product of exponentials and values. */
    private void multiplyValues() {
        for (int step = 0; step < TILE / DEPTH; step++) {
            String[] weights = new String[4];
            for (int n = 0; n < weights.length; n++) {
                weights[n] = numbers.narrow(scores[8 * step + 2 * n], scores[8 * step + 2 * n + 1]);
            }
            for (int columns = 0; columns < layout.depth; columns += 2 * COLUMNS) {
                String[] right = ptx.b32s(4);
                ptx.op(
                        "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16",
                        vector(right),
                        at(here.leftPlace, layout.values + (step * DEPTH * layout.pitch + columns) * BYTES));
                multiply(weights, 0, right, sums, columns / 2);
            }
        }
    }

    /** Writes the rows of the result. The rows of a sequence without keys become 0. */
    private void store() {
        for (int half = 0; half < 2; half++) {
            for (int apart = 1; apart < 4; apart *= 2) {
                String other = ptx.f32();
                ptx.op("shfl.sync.bfly.b32", other, totals[half], apart, WARP - 1, "0xFFFFFFFF");
                ptx.op("add.f32", totals[half], totals[half], other);
            }
            String inverse = ptx.f32();
            String none = ptx.compare("setp.eq.f32", totals[half], ZERO);
            ptx.op("rcp.approx.f32", inverse, totals[half]);
            ptx.op("selp.f32", inverse, ZERO, inverse, none);
            String row = here.queryRow(half);
            String exists = ptx.compare("setp.lt.s32", row, here.queries);
            String place = ptx.wide("mad.wide.s32", row, here.rowBytes, here.out);
            place = ptx.wide("mad.wide.s32", here.pair, 2 * BYTES, place);
            for (int n = 0; n / 4 * COLUMNS < layout.form.width(); n += 4) {
                int first = n + 2 * half;
                ptx.op("mul.f32", sums[first], sums[first], inverse);
                ptx.op("mul.f32", sums[first + 1], sums[first + 1], inverse);
                ptx.when(
                        exists,
                        "st.global.b32",
                        at(place, n / 4 * COLUMNS * BYTES),
                        numbers.narrow(sums[first], sums[first + 1]));
            }
        }
    }
}

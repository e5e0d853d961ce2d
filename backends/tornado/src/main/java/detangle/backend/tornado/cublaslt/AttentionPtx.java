package detangle.backend.tornado.cublaslt;

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
 * group has 16 rows, which meet 79 of the distances. The term of query i and the tables lies in row i, with key j in the
 * column {@code i mod 16 - j + 63}; that of key j lies in row j, with query i in the column {@code i - j mod 16 + 15}.
 * Where positions leave numbers out, the same places are filled pair by pair.
 *
 * <p>The layouts of operands in registers are those of {@code mma.m16n8k16} in NVIDIA's description of PTX: thread
 * {@code 4 g + t} of a warp has the rows g and g + 8, and the columns 2 t and 2 t + 1 of each eight.
 */
final class AttentionPtx {
    /** The name of the kernel. */
    static final String ENTRY = "disentangled_attention";

    /** The number of threads of a group. */
    static final int THREADS = 128;

    /** The number of queries of a group, and of keys of a step. */
    static final int TILE = 64;

    private static final int WARPS = 4;
    private static final int WARP = 32;

    /** The rows of a product that a warp computes. */
    private static final int ROWS = TILE / WARPS;

    /** The distances between a tile of queries and one of keys, and one that nobody reads. */
    private static final int DISTANCES = 2 * TILE;

    /** The blocks of as many distances as a warp has rows; half of them are new in each step. */
    private static final int BLOCKS = DISTANCES / ROWS;

    /** The distances that the rows of a warp meet, and one column that nobody reads. */
    private static final int SPAN = ROWS + TILE;

    /**
     * The elements between two rows of terms of queries, and of keys: threads that read side by side meet in few banks
     * of shared memory, and a multiprocessor of Hopper has room for three groups.
     */
    private static final int QUERY_PITCH = SPAN;

    private static final int KEY_PITCH = SPAN + 8;

    /** The groups of threads that a multiprocessor is to have at the same time, which bounds the registers of each. */
    private static final int GROUPS = 3;

    /** Bytes that one instruction copies to shared memory. */
    private static final int CHUNK = 16;

    private static final int BYTES = Short.BYTES;

    /** The columns of a product of one instruction. */
    private static final int COLUMNS = 8;

    /** The depth of a product of one instruction. */
    private static final int DEPTH = 16;

    private static final Set<Integer> WIDTHS = Set.of(8, 16, 32, 64);

    /** Below any score that counts; differences to it are numbers, which those to -inf are not. */
    private static final String LOWEST = "0fFF7FFFFF";

    private static final String NEGATIVE_INFINITY = "0fFF800000";
    private static final String ZERO = "0f00000000";

    /**
     * What a kernel is written for.
     *
     * @param width the elements of a row of a head, 8, 16, 32 or 64
     */
    record Form(ComputePrecision precision, int width, boolean c2p, boolean p2c) {
        /** Returns the bytes of shared memory of a group. */
        int sharedBytes() {
            return new AttentionPtx(this).end;
        }
    }

    private final PtxWriter ptx = new PtxWriter();
    private final Form form;
    private final int pitch;

    /** The width of rows in shared memory, where zeros stand behind short ones. */
    private final int depth;

    private final boolean terms;

    // The places of matrices in shared memory.
    private final int values;
    private final int queryRows;
    private final int keyRows;
    private final int queryTerms;
    private final int keyTerms;
    private final int end;

    private String q;
    private String k;
    private String v;
    private String queryTable;
    private String keyTable;
    private String queryPositions;
    private String keyPositions;
    private String index;
    private String out;
    private String heads;
    private String tableRows;
    private String centre;
    private String lastIndex;
    private String factor;

    private String room;
    private String thread;
    private String warp;
    private String group;
    private String pair;
    private String head;
    private String firstQuery;
    private String queries;
    private String keys;
    private String rowBytes;
    private String firstPosition;
    private String keyPosition;

    /** The first block of distances in the ring. */
    private String ring;

    /** The first row that a thread copies, and the place of its chunk in shared memory and in rows of the tables. */
    private String copiedRow;

    private String copyTarget;
    private String copiedKeys;
    private String copiedValues;
    private String copiedQueryTable;
    private String copiedKeyTable;

    /** The part of a warp's thread in addresses of {@code ldmatrix} for first operands, and for second ones. */
    private String leftPlace;

    private String rightPlace;

    /** Whether the positions of the queries, and of the keys that come next, follow one another. */
    private String isInOrder;

    private String isNextInOrder;

    private String firstKey;
    private String nextKey;
    private String[] queryParts;
    private String[] scores;
    private String[] sums;
    private String[] maxima;
    private String[] totals;

    private AttentionPtx(Form form) {
        this.form = form;
        this.terms = form.c2p || form.p2c;
        this.depth = Math.max(form.width, DEPTH);
        // Rows whose distance is an odd number of 16 bytes: eight of them, one below the other, have all banks.
        this.pitch = depth + CHUNK / BYTES;
        int matrix = TILE * pitch * BYTES;
        this.values = matrix;
        this.queryRows = values + matrix;
        this.keyRows = queryRows + (form.c2p ? DISTANCES * pitch * BYTES : 0);
        this.queryTerms = keyRows + (form.p2c ? DISTANCES * pitch * BYTES : 0);
        this.keyTerms = queryTerms + (form.c2p ? TILE * QUERY_PITCH * BYTES : 0);
        this.end = keyTerms + (form.p2c ? TILE * KEY_PITCH * BYTES : 0);
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
     * and of keys, their positions, the index into the tables and the result; then as numbers of 32 bits: the heads, the
     * tiles of a sequence, the rows of a table, the place of distance 0 in the index, its last place; and a float: the
     * scale of scores times log2(e), as the kernel computes powers of 2.
     */
    static String text(Form form) {
        return new AttentionPtx(form).write();
    }

    private String write() {
        begin();
        loadQueries();
        if (terms) {
            checkOrder(isInOrder, firstPosition, queryPositions, firstQuery, queries);
        }
        if (depth > form.width) {
            clear();
        }
        ptx.op("mov.u32", nextKey, 0);
        ptx.when(ptx.compare("setp.eq.s32", keys, 0), "bra", "STORE");
        copyKeys(true);
        copyValues();
        ptx.label("STEP");
        ptx.op("mov.u32", firstKey, nextKey);
        ptx.op("add.s32", nextKey, nextKey, TILE);
        ptx.op("cp.async.wait_group", 1);
        String inOrder = ptx.pred();
        if (terms) {
            ptx.op("and.pred", inOrder, isInOrder, isNextInOrder);
            ptx.op("bar.red.and.pred", inOrder, 0, inOrder);
        } else {
            ptx.op("bar.sync", 0);
        }
        multiplyKeys();
        if (terms) {
            ptx.when("!" + inOrder, "bra", "PAIRS");
            if (form.c2p) {
                multiplyQueryTerms();
            }
            if (form.p2c) {
                multiplyKeyTerms();
            }
            ptx.op("bra.uni", "TERMS");
            ptx.label("PAIRS");
            multiplyPairs();
            ptx.label("TERMS");
        }
        ptx.op("cp.async.wait_group", 0);
        ptx.op("bar.sync", 0);
        String isLast = ptx.compare("setp.ge.s32", nextKey, keys);
        ptx.when(isLast, "bra", "KEYS");
        copyKeys(false);
        ptx.label("KEYS");
        addTerms();
        hideKeys();
        exponentials();
        multiplyValues();
        ptx.when(isLast, "bra", "STORE");
        ptx.op("bar.sync", 0);
        copyValues();
        ptx.op("bra.uni", "STEP");
        ptx.label("STORE");
        store();
        ptx.label("DONE");
        ptx.op("ret");
        return ptx.module(ENTRY, THREADS, GROUPS);
    }

    /** Reads parameters, and finds the sequence, the head and the rows of the group and of the thread. */
    private void begin() {
        q = ptx.parameter("u64");
        k = ptx.parameter("u64");
        v = ptx.parameter("u64");
        queryTable = ptx.parameter("u64");
        keyTable = ptx.parameter("u64");
        String querySegments = ptx.parameter("u64");
        String keySegments = ptx.parameter("u64");
        queryPositions = ptx.parameter("u64");
        keyPositions = ptx.parameter("u64");
        index = ptx.parameter("u64");
        out = ptx.parameter("u64");
        heads = ptx.parameter("u32");
        String tiles = ptx.parameter("u32");
        tableRows = ptx.parameter("u32");
        centre = ptx.parameter("u32");
        lastIndex = ptx.parameter("u32");
        factor = ptx.parameter("f32");

        thread = ptx.integer("mov.u32", "%tid.x");
        room = ptx.integer("mov.u32", "room");
        warp = ptx.integer("shr.u32", thread, 5);
        String lane = ptx.integer("and.b32", thread, WARP - 1);
        group = ptx.integer("shr.u32", lane, 2);
        pair = ptx.integer("and.b32", lane, 3);
        head = ptx.integer("mov.u32", "%ctaid.y");
        String tile = ptx.integer("mov.u32", "%ctaid.x");
        String sequence = ptx.integer("div.u32", tile, tiles);
        firstQuery = ptx.integer("rem.u32", tile, tiles);
        ptx.op("mul.lo.s32", firstQuery, firstQuery, TILE);
        Segment querySegment = segment(querySegments, sequence);
        Segment keySegment = segment(keySegments, sequence);
        queries = querySegment.length;
        keys = keySegment.length;
        ptx.when(ptx.compare("setp.ge.s32", firstQuery, queries), "bra", "DONE");

        // Pointers to the first row of the sequence, in the part of the head.
        rowBytes = ptx.integer("mul.lo.s32", heads, form.width * BYTES);
        q = ofHead(q, querySegment.begin);
        out = ofHead(out, querySegment.begin);
        k = ofHead(k, keySegment.begin);
        v = ofHead(v, keySegment.begin);
        queryPositions = ptx.wide("mad.wide.s32", querySegment.begin, Integer.BYTES, queryPositions);
        keyPositions = ptx.wide("mad.wide.s32", keySegment.begin, Integer.BYTES, keyPositions);
        String tableOfHead = ptx.integer("mul.lo.s32", head, tableRows);
        queryTable = ptx.wide("mad.wide.s32", tableOfHead, form.width * BYTES, queryTable);
        keyTable = ptx.wide("mad.wide.s32", tableOfHead, form.width * BYTES, keyTable);

        String eight = ptx.integer("and.b32", lane, 7);
        String second = ptx.integer("and.b32", ptx.integer("shr.u32", lane, 3), 1);
        String third = ptx.integer("shr.u32", lane, 4);
        // Of four matrices of 8 x 8, the second one has the next eight rows here, and the next eight columns there.
        String row = ptx.integer("mad.lo.s32", second, 8, eight);
        leftPlace = ptx.integer("mul.lo.s32", row, pitch * BYTES);
        leftPlace = ptx.integer("mad.lo.s32", third, CHUNK, leftPlace);
        row = ptx.integer("mad.lo.s32", third, 8, eight);
        rightPlace = ptx.integer("mul.lo.s32", row, pitch * BYTES);
        rightPlace = ptx.integer("mad.lo.s32", second, CHUNK, rightPlace);
        leftPlace = ptx.integer("add.s32", leftPlace, room);
        rightPlace = ptx.integer("add.s32", rightPlace, room);

        copiedRow = ptx.integer("div.u32", thread, chunks());
        String chunk = ptx.integer("rem.u32", thread, chunks());
        copyTarget = ptx.integer("mad.lo.s32", copiedRow, pitch * BYTES, room);
        copyTarget = ptx.integer("mad.lo.s32", chunk, CHUNK, copyTarget);
        String source = ptx.wide("mad.wide.s32", copiedRow, rowBytes, k);
        copiedKeys = ptx.wide("mad.wide.s32", chunk, CHUNK, source);
        source = ptx.wide("mad.wide.s32", copiedRow, rowBytes, v);
        copiedValues = ptx.wide("mad.wide.s32", chunk, CHUNK, source);
        copiedQueryTable = ptx.wide("mad.wide.s32", chunk, CHUNK, queryTable);
        copiedKeyTable = ptx.wide("mad.wide.s32", chunk, CHUNK, keyTable);

        firstKey = ptx.b32();
        nextKey = ptx.b32();
        isInOrder = ptx.pred();
        isNextInOrder = ptx.pred();
        firstPosition = ptx.b32();
        keyPosition = ptx.b32();
        ring = ptx.integer("mov.u32", 0);
        scores = ptx.f32s(TILE / 2);
        sums = ptx.f32s(depth / 2);
        maxima = ptx.f32s(2);
        totals = ptx.f32s(2);
        for (String sum : sums) {
            ptx.op("mov.f32", sum, ZERO);
        }
        for (int half = 0; half < 2; half++) {
            ptx.op("mov.f32", maxima[half], LOWEST);
            ptx.op("mov.f32", totals[half], ZERO);
        }
    }

    /** The first row of a sequence, and the number of its rows. */
    private record Segment(String begin, String length) {}

    private Segment segment(String segments, String sequence) {
        String place = ptx.wide("mad.wide.s32", sequence, Integer.BYTES, segments);
        String begin = ptx.integer("ld.global.nc.u32", at(place, 0));
        String end = ptx.integer("ld.global.nc.u32", at(place, Integer.BYTES));
        return new Segment(begin, ptx.integer("sub.s32", end, begin));
    }

    private String ofHead(String rows, String begin) {
        String row = ptx.integer("mad.lo.s32", begin, heads, head);
        return ptx.wide("mad.wide.s32", row, form.width * BYTES, rows);
    }

    /** Loads the rows of the warp as first operands. Behind the last query it is loaded again. */
    private void loadQueries() {
        queryParts = ptx.b32s(depth / DEPTH * 4);
        String last = ptx.integer("sub.s32", queries, 1);
        for (int half = 0; half < 2; half++) {
            String row = ptx.integer("min.s32", queryRow(half), last);
            String place = ptx.wide("mad.wide.s32", row, rowBytes, q);
            place = ptx.wide("mad.wide.s32", pair, 2 * BYTES, place);
            for (int column = 0; column < depth; column += COLUMNS) {
                String part = queryParts[column / COLUMNS * 2 + half];
                if (column < form.width) {
                    ptx.op("ld.global.nc.b32", part, at(place, column * BYTES));
                } else {
                    ptx.op("mov.b32", part, 0);
                }
            }
        }
    }

    /** Returns the row of the sequence whose scores a thread has in the first or in the second half of the registers. */
    private String queryRow(int half) {
        String row = ptx.integer("mad.lo.s32", warp, ROWS, firstQuery);
        row = ptx.integer("add.s32", row, group);
        return ptx.integer("add.s32", row, half * COLUMNS);
    }

    /** Writes zeros to all rows in shared memory; copies leave those behind short rows as they are. */
    private void clear() {
        String place = ptx.integer("mad.lo.s32", thread, Integer.BYTES, room);
        for (int bytes = 0; bytes < queryTerms; bytes += THREADS * Integer.BYTES) {
            ptx.op("st.shared.b32", at(place, bytes), 0);
        }
        ptx.op("bar.sync", 0);
    }

    /**
     * Finds the position of the first row of a tile, and whether that of this thread's row follows from it: half of the
     * threads have a row twice.
     */
    private void checkOrder(String isInOrder, String position, String positions, String firstRow, String rows) {
        String row = ptx.integer("and.b32", thread, TILE - 1);
        String mine = ptx.integer("add.s32", firstRow, row);
        String exists = ptx.compare("setp.lt.s32", mine, rows);
        String place = ptx.wide("mad.wide.s32", firstRow, Integer.BYTES, positions);
        ptx.op("ld.global.nc.u32", position, at(place, 0));
        String expected = ptx.integer("add.s32", position, row);
        String found = ptx.integer("mov.u32", expected);
        place = ptx.wide("mad.wide.s32", row, Integer.BYTES, place);
        ptx.when(exists, "ld.global.nc.u32", found, at(place, 0));
        ptx.op("setp.eq.s32", isInOrder, found, expected);
    }

    /**
     * Begins to copy the next keys, and the rows of both tables by distance to them, in one group of copies.
     *
     * @param first whether no rows of the tables are there yet
     */
    private void copyKeys(boolean first) {
        copyRows(copiedKeys, 0);
        if (terms) {
            copyTables(first);
        }
        ptx.op("cp.async.commit_group");
    }

    /** Begins to copy the values of the next keys, as a group of copies. */
    private void copyValues() {
        copyRows(copiedValues, values);
        ptx.op("cp.async.commit_group");
    }

    /** The chunks of a row. */
    private int chunks() {
        return form.width * BYTES / CHUNK;
    }

    /** The rows that the threads of a group copy at the same time. */
    private int rowsAtOnce() {
        return THREADS / chunks();
    }

    /** Copies the next rows to a place in shared memory, with zeros behind the last one. */
    private void copyRows(String from, int to) {
        String source = ptx.wide("mad.wide.s32", nextKey, rowBytes, from);
        String left = ptx.integer("sub.s32", keys, nextKey);
        ptx.op("sub.s32", left, left, copiedRow);
        for (int first = 0; first < TILE; first += rowsAtOnce()) {
            String exists = ptx.compare("setp.gt.s32", left, first);
            String bytes = ptx.integer("selp.u32", CHUNK, 0, exists);
            String place = ptx.wide("mad.wide.s32", rowBytes, first, source);
            ptx.when(
                    isWithin(first, TILE),
                    "cp.async.cg.shared.global",
                    at(copyTarget, to + first * pitch * BYTES),
                    at(place, 0),
                    CHUNK,
                    bytes);
        }
    }

    /** Returns whether a thread has a row of so many: there are more threads than rows of one chunk. */
    private String isWithin(int first, int rows) {
        return ptx.compare("setp.lt.u32", copiedRow, rows - first);
    }

    /** Copies the rows of the tables for the distances to the next keys: all of them, or those that are new. */
    private void copyTables(boolean first) {
        String before = ptx.integer("add.s32", keyPosition, TILE);
        checkOrder(isNextInOrder, keyPosition, keyPositions, nextKey, keys);
        if (!first) {
            String follows = ptx.compare("setp.eq.s32", keyPosition, before);
            ptx.op("and.pred", isNextInOrder, isNextInOrder, follows);
            ptx.op("sub.s32", ring, BLOCKS / 2, ring);
        }
        String target = ptx.integer("mad.lo.s32", ring, ROWS * pitch * BYTES, copyTarget);
        String distance = ptx.integer("sub.s32", firstPosition, keyPosition);
        distance = ptx.integer("add.s32", distance, copiedRow);
        distance = ptx.integer("add.s32", distance, centre);
        int rows = first ? DISTANCES : TILE;
        int count = Math.ceilDiv(rows, rowsAtOnce());
        String[] slots = ptx.b32s(count);
        for (int n = 0; n < count; n++) {
            // Rows behind the last query or key name distances that are not in the index.
            String place = ptx.integer("add.s32", distance, n * rowsAtOnce() - (TILE - 1));
            ptx.op("ld.global.nc.u32", slots[n], at(indexPlace(place), 0));
        }
        for (int n = 0; n < count; n++) {
            String slot = tableRow(slots[n]);
            String exists = isWithin(n * rowsAtOnce(), rows);
            int bytes = n * rowsAtOnce() * pitch * BYTES;
            if (form.c2p) {
                copyChunk(exists, copiedQueryTable, slot, target, queryRows + bytes);
            }
            if (form.p2c) {
                copyChunk(exists, copiedKeyTable, slot, target, keyRows + bytes);
            }
        }
    }

    /** Returns the address in the index of a place, or of the first or the last one. */
    private String indexPlace(String place) {
        String within = ptx.integer("max.s32", ptx.integer("min.s32", place, lastIndex), 0);
        return ptx.wide("mad.wide.s32", within, Integer.BYTES, index);
    }

    private String tableRow(String slot) {
        String last = ptx.integer("sub.s32", tableRows, 1);
        return ptx.integer("max.s32", ptx.integer("min.s32", slot, last), 0);
    }

    private void copyChunk(String exists, String table, String slot, String target, int bytes) {
        String source = ptx.wide("mad.wide.u32", slot, form.width * BYTES, table);
        ptx.when(exists, "cp.async.cg.shared.global", at(target, bytes), at(source, 0), CHUNK);
    }

    /** Multiplies the queries of the warp and all keys: the scores without terms of positions. */
    private void multiplyKeys() {
        for (String score : scores) {
            ptx.op("mov.f32", score, ZERO);
        }
        for (int columns = 0; columns < TILE; columns += 2 * COLUMNS) {
            multiplyPair(queryParts, rightPlace, columns * pitch * BYTES, scores, columns / 2);
        }
    }

    /** Adds the product of 16 rows and 16 columns, whose second operand lies in shared memory. */
    private void multiplyPair(String[] left, String place, int bytes, String[] results, int first) {
        for (int step = 0; step < depth / DEPTH; step++) {
            String[] right = ptx.b32s(4);
            ptx.op("ldmatrix.sync.aligned.m8n8.x4.shared.b16", vector(right), at(place, bytes + step * DEPTH * BYTES));
            multiply(left, 4 * step, right, results, first);
        }
    }

    /** Adds two products of 16 x 16 and 16 x 8 elements that have the first operand in common. */
    private void multiply(String[] left, int firstLeft, String[] right, String[] results, int first) {
        String type = type();
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

    private String type() {
        return form.precision == ComputePrecision.FP16 ? "f16" : "bf16";
    }

    /** Multiplies the queries of the warp and the rows of the table for the distances that they meet. */
    private void multiplyQueryTerms() {
        multiplyTerms(queryParts, warp, queryRows, queryTerms, QUERY_PITCH);
    }

    /** Multiplies 16 keys and the rows of the table for the distances that they meet. */
    private void multiplyKeyTerms() {
        String[] left = ptx.b32s(queryParts.length);
        String keyPlace = ptx.integer("mad.lo.s32", warp, ROWS * pitch * BYTES, leftPlace);
        for (int step = 0; step < depth / DEPTH; step++) {
            ptx.op(
                    "ldmatrix.sync.aligned.m8n8.x4.shared.b16",
                    vector(left[4 * step], left[4 * step + 1], left[4 * step + 2], left[4 * step + 3]),
                    at(keyPlace, step * DEPTH * BYTES));
        }
        // Distances are larger the earlier a key is.
        multiplyTerms(left, ptx.integer("sub.s32", WARPS - 1, warp), keyRows, keyTerms, KEY_PITCH);
    }

    /**
     * Multiplies rows of the warp and rows of a table. The last of 80 columns is of a distance that no pair has.
     *
     * @param first the first block of distances
     */
    private void multiplyTerms(String[] left, String first, int table, int to, int termPitch) {
        String row = ptx.integer("mad.lo.s32", warp, ROWS, group);
        String target = ptx.integer("mad.lo.s32", row, termPitch * BYTES, room);
        target = ptx.integer("mad.lo.s32", pair, 2 * BYTES, target);
        String begin = ptx.integer("add.s32", first, ring);
        for (int columns = 0; columns < SPAN; columns += 2 * COLUMNS) {
            String[] results = ptx.f32s(8);
            for (String result : results) {
                ptx.op("mov.f32", result, ZERO);
            }
            String block = ptx.integer("add.s32", begin, columns / ROWS);
            ptx.op("and.b32", block, block, BLOCKS - 1);
            String place = ptx.integer("mad.lo.s32", block, ROWS * pitch * BYTES, rightPlace);
            multiplyPair(left, place, table, results, 0);
            // Before they are scaled, terms may pass the range of 16 bits.
            for (String result : results) {
                ptx.op("mul.f32", result, result, factor);
            }
            for (int n = 0; n < results.length; n += 2) {
                int column = columns + n / 4 * COLUMNS;
                int bytes = (half(n) * COLUMNS * termPitch + column) * BYTES;
                ptx.op("st.shared.b32", at(target, to + bytes), narrow(results[n], results[n + 1]));
            }
        }
    }

    /** Returns two numbers of 16 bits; the first one is in the lower half. */
    private String narrow(String first, String second) {
        return ptx.integer("cvt.rn." + type() + "x2.f32", second, first);
    }

    /** Computes the terms of each pair of a query and a key by itself. */
    private void multiplyPairs() {
        String at = ptx.integer("mov.u32", thread);
        ptx.label("NEXT_PAIR");
        String query = ptx.integer("shr.u32", at, 6);
        String key = ptx.integer("and.b32", at, TILE - 1);
        String queryRow = ptx.integer("add.s32", firstQuery, query);
        String keyRow = ptx.integer("add.s32", firstKey, key);
        String exists = ptx.compare("setp.lt.s32", queryRow, queries);
        String keyExists = ptx.compare("setp.lt.s32", keyRow, keys);
        ptx.op("and.pred", exists, exists, keyExists);
        // In the place of a pair that is not there, the first one is computed, so that all threads do the same. Its
        // terms
        // lie where those of the missing pair would, which the softmax hides or which are of no query.
        queryRow = ptx.integer("selp.u32", queryRow, firstQuery, exists);
        keyRow = ptx.integer("selp.u32", keyRow, firstKey, exists);
        String position = position(queryPositions, queryRow);
        ptx.op("sub.s32", position, position, position(keyPositions, keyRow));
        ptx.op("add.s32", position, position, centre);
        String slot = tableRow(ptx.integer("ld.global.nc.u32", at(indexPlace(position), 0)));
        // The class says in which columns the terms lie.
        String rowOfWarp = ptx.integer("and.b32", query, ROWS - 1);
        String keyOfWarp = ptx.integer("and.b32", key, ROWS - 1);
        if (form.c2p) {
            String column = ptx.integer("sub.s32", rowOfWarp, key);
            pairTerm(q, queryRow, queryTable, slot, query, column, queryTerms + (TILE - 1) * BYTES, QUERY_PITCH);
        }
        if (form.p2c) {
            String column = ptx.integer("sub.s32", query, keyOfWarp);
            pairTerm(k, keyRow, keyTable, slot, key, column, keyTerms + (ROWS - 1) * BYTES, KEY_PITCH);
        }
        ptx.op("add.s32", at, at, THREADS);
        ptx.when(ptx.compare("setp.lt.s32", at, TILE * TILE), "bra.uni", "NEXT_PAIR");
    }

    private String position(String positions, String row) {
        return ptx.integer("ld.global.nc.u32", at(ptx.wide("mad.wide.s32", row, Integer.BYTES, positions), 0));
    }

    private void pairTerm(
            String rows, String row, String table, String slot, String line, String column, int to, int termPitch) {
        String place = ptx.wide("mad.wide.s32", row, rowBytes, rows);
        String entry = ptx.wide("mad.wide.s32", slot, form.width * BYTES, table);
        String sum = ptx.f32();
        ptx.op("mov.f32", sum, ZERO);
        for (int n = 0; n < form.width; n++) {
            String a = widen("ld.global.nc.b16", at(place, n * BYTES));
            String b = widen("ld.global.nc.b16", at(entry, n * BYTES));
            ptx.op("fma.rn.f32", sum, a, b, sum);
        }
        ptx.op("mul.f32", sum, sum, factor);
        String target = ptx.integer("mad.lo.s32", line, termPitch, column);
        target = ptx.integer("mad.lo.s32", target, BYTES, room);
        String narrow = ptx.b16();
        ptx.op("cvt.rn." + type() + ".f32", narrow, sum);
        ptx.op("st.shared.b16", at(target, to), narrow);
    }

    /** Loads a number of 16 bits, and returns it in 32. */
    private String widen(String load, String place) {
        String narrow = ptx.b16();
        ptx.op(load, narrow, place);
        String wide = ptx.f32();
        if (form.precision == ComputePrecision.FP16) {
            ptx.op("cvt.f32.f16", wide, narrow);
        } else {
            String bits = ptx.integer("cvt.u32.u16", narrow);
            ptx.op("shl.b32", bits, bits, Short.SIZE);
            ptx.op("mov.b32", wide, bits);
        }
        return wide;
    }

    /** Scales the scores, and adds the terms of positions, which are scaled already. */
    private void addTerms() {
        String two = ptx.integer("shl.b32", pair, 1);
        String difference = ptx.integer("sub.s32", group, two);
        // Query i is 16 warp + g, and key j is 2 t, in the first score.
        String row = ptx.integer("mad.lo.s32", warp, ROWS, group);
        String queryPlace = ptx.integer("mad.lo.s32", row, QUERY_PITCH, difference);
        queryPlace = ptx.integer("mad.lo.s32", queryPlace, BYTES, room);
        String keyPlace = ptx.integer("mad.lo.s32", two, KEY_PITCH, difference);
        keyPlace = ptx.integer("mad.lo.s32", warp, ROWS, keyPlace);
        keyPlace = ptx.integer("mad.lo.s32", keyPlace, BYTES, room);
        for (int n = 0; n < scores.length; n++) {
            String score = scores[n];
            if (form.c2p) {
                // The row i of the terms, and the column i mod 16 - j + 63.
                int column = TILE - 1 - key(n) + half(n) * COLUMNS;
                int place = (half(n) * COLUMNS * QUERY_PITCH + column) * BYTES;
                ptx.op("fma.rn.f32", score, score, factor, widen("ld.shared.b16", at(queryPlace, queryTerms + place)));
            } else {
                ptx.op("mul.f32", score, score, factor);
            }
            if (form.p2c) {
                // The row j of the terms, and the column i - j mod 16 + 15.
                int column = ROWS - 1 - key(n) % ROWS + half(n) * COLUMNS;
                int place = (key(n) * KEY_PITCH + column) * BYTES;
                ptx.op("add.f32", score, score, widen("ld.shared.b16", at(keyPlace, keyTerms + place)));
            }
        }
    }

    /** The key of a score of the first thread. */
    private static int key(int score) {
        return score / 4 * COLUMNS + score % 2;
    }

    /** Whether a score is in the second half of the rows, 1, or in the first one, 0. */
    private static int half(int score) {
        return score / 2 % 2;
    }

    /** Gives keys behind the last one a score that adds nothing. */
    private void hideKeys() {
        ptx.when(ptx.compare("setp.le.s32", nextKey, keys), "bra.uni", "ALL_KEYS");
        String first = ptx.integer("mad.lo.s32", pair, 2, firstKey);
        String left = ptx.integer("sub.s32", keys, first);
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
                weights[n] = narrow(scores[8 * step + 2 * n], scores[8 * step + 2 * n + 1]);
            }
            for (int columns = 0; columns < depth; columns += 2 * COLUMNS) {
                String[] right = ptx.b32s(4);
                ptx.op(
                        "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16",
                        vector(right),
                        at(leftPlace, values + (step * DEPTH * pitch + columns) * BYTES));
                multiply(weights, 0, right, sums, columns / 2);
            }
        }
    }

    /** Writes the rows of the result. They are 0 where there is no key. */
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
            String row = queryRow(half);
            String exists = ptx.compare("setp.lt.s32", row, queries);
            String place = ptx.wide("mad.wide.s32", row, rowBytes, out);
            place = ptx.wide("mad.wide.s32", pair, 2 * BYTES, place);
            for (int n = 0; n / 4 * COLUMNS < form.width; n += 4) {
                int first = n + 2 * half;
                ptx.op("mul.f32", sums[first], sums[first], inverse);
                ptx.op("mul.f32", sums[first + 1], sums[first + 1], inverse);
                ptx.when(
                        exists,
                        "st.global.b32",
                        at(place, n / 4 * COLUMNS * BYTES),
                        narrow(sums[first], sums[first + 1]));
            }
        }
    }
}

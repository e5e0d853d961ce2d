package detangle.backend.tornado.cublaslt;

import static detangle.backend.tornado.cublaslt.AttentionLayout.BYTES;
import static detangle.backend.tornado.cublaslt.AttentionLayout.CHUNK;
import static detangle.backend.tornado.cublaslt.AttentionLayout.TILE;
import static detangle.backend.tornado.cublaslt.AttentionLayout.WARP;
import static detangle.backend.tornado.cublaslt.PtxWriter.at;

/**
 * The registers of a thread of {@link AttentionPtx} that say where it is: the parameters, the sequence and head of its
 * group, and its rows. Addresses of rows are those of the sequence's first one, in the part of the head.
 */
final class AttentionThread {
    final String q;
    final String k;
    final String v;
    final String out;
    final String queryTable;
    final String keyTable;
    final String queryPositions;
    final String keyPositions;
    final String index;
    final String heads;
    final String tableRows;
    final String centre;
    final String lastIndex;
    final String factor;

    /** Where shared memory begins. */
    final String room;

    /** The number of the thread in its group; its warp; and in a warp g and t, see {@link AttentionPtx}. */
    final String thread;

    final String warp;
    final String group;
    final String pair;

    /** The first query of the group, and the numbers of queries and keys of its sequence. */
    final String firstQuery;

    final String queries;
    final String keys;

    /** The bytes of a row of all heads. */
    final String rowBytes;

    /** The part of a thread in addresses of {@code ldmatrix} for first operands, and for second ones. */
    final String leftPlace;

    final String rightPlace;

    /** The first key of a step, and of the step that follows. */
    final String firstKey;

    final String nextKey;

    private final PtxWriter ptx;
    private final AttentionLayout layout;

    /** Reads the parameters. A group behind the last query of its sequence goes to the label {@code DONE}. */
    AttentionThread(PtxWriter ptx, AttentionLayout layout) {
        this.ptx = ptx;
        this.layout = layout;
        String allQ = ptx.parameter("u64");
        String allK = ptx.parameter("u64");
        String allV = ptx.parameter("u64");
        String allQueryTable = ptx.parameter("u64");
        String allKeyTable = ptx.parameter("u64");
        String querySegments = ptx.parameter("u64");
        String keySegments = ptx.parameter("u64");
        String allQueryPositions = ptx.parameter("u64");
        String allKeyPositions = ptx.parameter("u64");
        index = ptx.parameter("u64");
        String allOut = ptx.parameter("u64");
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
        String head = ptx.integer("mov.u32", "%ctaid.y");
        String tile = ptx.integer("mov.u32", "%ctaid.x");
        String sequence = ptx.integer("div.u32", tile, tiles);
        String tileOfSequence = ptx.integer("rem.u32", tile, tiles);
        firstQuery = ptx.integer("mul.lo.s32", tileOfSequence, TILE);
        Segment querySegment = segment(querySegments, sequence);
        Segment keySegment = segment(keySegments, sequence);
        queries = querySegment.length;
        keys = keySegment.length;
        ptx.when(ptx.compare("setp.ge.s32", firstQuery, queries), "bra", "DONE");

        // Pointers to the first row of the sequence, in the part of the head.
        rowBytes = ptx.integer("mul.lo.s32", heads, layout.form.width() * BYTES);
        q = ofHead(head, allQ, querySegment.begin);
        out = ofHead(head, allOut, querySegment.begin);
        k = ofHead(head, allK, keySegment.begin);
        v = ofHead(head, allV, keySegment.begin);
        queryPositions = ptx.wide("mad.wide.s32", querySegment.begin, Integer.BYTES, allQueryPositions);
        keyPositions = ptx.wide("mad.wide.s32", keySegment.begin, Integer.BYTES, allKeyPositions);
        String tableOfHead = ptx.integer("mul.lo.s32", head, tableRows);
        queryTable = ptx.wide("mad.wide.s32", tableOfHead, layout.form.width() * BYTES, allQueryTable);
        keyTable = ptx.wide("mad.wide.s32", tableOfHead, layout.form.width() * BYTES, allKeyTable);

        String eight = ptx.integer("and.b32", lane, 7);
        String second = ptx.integer("and.b32", ptx.integer("shr.u32", lane, 3), 1);
        String third = ptx.integer("shr.u32", lane, 4);
        // ldmatrix loads four matrices of 8 x 8. For a first operand the second matrix has the next eight rows, and for
        // a second operand it has the next eight columns.
        String row = ptx.integer("mad.lo.s32", second, 8, eight);
        String left = ptx.integer("mul.lo.s32", row, layout.pitch * BYTES);
        left = ptx.integer("mad.lo.s32", third, CHUNK, left);
        row = ptx.integer("mad.lo.s32", third, 8, eight);
        String right = ptx.integer("mul.lo.s32", row, layout.pitch * BYTES);
        right = ptx.integer("mad.lo.s32", second, CHUNK, right);
        leftPlace = ptx.integer("add.s32", left, room);
        rightPlace = ptx.integer("add.s32", right, room);
        firstKey = ptx.b32();
        nextKey = ptx.b32();
    }

    /** The first row of a sequence, and the number of its rows. */
    private record Segment(String begin, String length) {}

    private Segment segment(String segments, String sequence) {
        String place = ptx.wide("mad.wide.s32", sequence, Integer.BYTES, segments);
        String begin = ptx.integer("ld.global.nc.u32", at(place, 0));
        String end = ptx.integer("ld.global.nc.u32", at(place, Integer.BYTES));
        return new Segment(begin, ptx.integer("sub.s32", end, begin));
    }

    private String ofHead(String head, String rows, String begin) {
        String row = ptx.integer("mad.lo.s32", begin, heads, head);
        return ptx.wide("mad.wide.s32", row, layout.form.width() * BYTES, rows);
    }

    /** Returns the row of the sequence whose scores are in the first half of a thread's registers, or in the second. */
    String queryRow(int half) {
        String row = ptx.integer("mad.lo.s32", warp, AttentionLayout.ROWS, firstQuery);
        row = ptx.integer("add.s32", row, group);
        return ptx.integer("add.s32", row, half * AttentionLayout.COLUMNS);
    }

    /** Returns the address in the index of a place, or of the first or the last one. */
    String indexPlace(String place) {
        String within = ptx.integer("max.s32", ptx.integer("min.s32", place, lastIndex), 0);
        return ptx.wide("mad.wide.s32", within, Integer.BYTES, index);
    }

    /** Returns a slot, or the first or the last row of a table where it is none. */
    String tableRow(String slot) {
        String last = ptx.integer("sub.s32", tableRows, 1);
        return ptx.integer("max.s32", ptx.integer("min.s32", slot, last), 0);
    }
}

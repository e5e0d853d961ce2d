package detangle.backend.tornado.cublaslt;

import static detangle.backend.tornado.cublaslt.AttentionLayout.BLOCKS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.BYTES;
import static detangle.backend.tornado.cublaslt.AttentionLayout.CHUNK;
import static detangle.backend.tornado.cublaslt.AttentionLayout.DISTANCES;
import static detangle.backend.tornado.cublaslt.AttentionLayout.ROWS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.THREADS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.TILE;
import static detangle.backend.tornado.cublaslt.PtxWriter.at;

/**
 * The part of {@link AttentionPtx} that copies rows to shared memory while products are computed: keys, values, and the
 * rows of the tables of positions by distance.
 */
final class AttentionCopies {
    /** The first block of distances in the ring. */
    final String ring;

    private final PtxWriter ptx;
    private final AttentionLayout layout;
    private final AttentionThread here;

    /** The first row that a thread copies, and the place of its chunk in shared memory and in rows of the tables. */
    private final String copiedRow;

    private final String copyTarget;
    private final String copiedKeys;
    private final String copiedValues;
    private final String copiedQueryTable;
    private final String copiedKeyTable;

    /** The positions of the first query of the group, and of the first key of a step. */
    private final String firstPosition;

    private final String keyPosition;

    /** Whether the positions of the queries, and of the keys that come next, follow one another. */
    private final String isInOrder;

    private final String isNextInOrder;

    AttentionCopies(PtxWriter ptx, AttentionLayout layout, AttentionThread here) {
        this.ptx = ptx;
        this.layout = layout;
        this.here = here;
        copiedRow = ptx.integer("div.u32", here.thread, chunks());
        String chunk = ptx.integer("rem.u32", here.thread, chunks());
        String target = ptx.integer("mad.lo.s32", copiedRow, layout.pitch * BYTES, here.room);
        copyTarget = ptx.integer("mad.lo.s32", chunk, CHUNK, target);
        String source = ptx.wide("mad.wide.s32", copiedRow, here.rowBytes, here.k);
        copiedKeys = ptx.wide("mad.wide.s32", chunk, CHUNK, source);
        source = ptx.wide("mad.wide.s32", copiedRow, here.rowBytes, here.v);
        copiedValues = ptx.wide("mad.wide.s32", chunk, CHUNK, source);
        copiedQueryTable = ptx.wide("mad.wide.s32", chunk, CHUNK, here.queryTable);
        copiedKeyTable = ptx.wide("mad.wide.s32", chunk, CHUNK, here.keyTable);
        firstPosition = ptx.b32();
        keyPosition = ptx.b32();
        isInOrder = ptx.pred();
        isNextInOrder = ptx.pred();
        ring = ptx.integer("mov.u32", 0);
        if (layout.terms) {
            checkOrder(isInOrder, firstPosition, here.queryPositions, here.firstQuery, here.queries);
        }
    }

    /** Returns whether the positions of the queries and keys of a step follow one another, for this thread's rows. */
    String inOrder() {
        return ptx.compare("and.pred", isInOrder, isNextInOrder);
    }

    /** Writes zeros to all rows in shared memory; copies leave those behind short rows as they are. */
    void clear() {
        String place = ptx.integer("mad.lo.s32", here.thread, Integer.BYTES, here.room);
        for (int bytes = 0; bytes < layout.queryTerms; bytes += THREADS * Integer.BYTES) {
            ptx.op("st.shared.b32", at(place, bytes), 0);
        }
        ptx.op("bar.sync", 0);
    }

    /**
     * Finds the position of the first row of a tile, and whether that of this thread's row follows from it: half of the
     * threads have a row twice.
     */
    private void checkOrder(String isInOrder, String position, String positions, String firstRow, String rows) {
        String row = ptx.integer("and.b32", here.thread, TILE - 1);
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
    void copyKeys(boolean first) {
        copyRows(copiedKeys, 0);
        if (layout.terms) {
            copyTables(first);
        }
        ptx.op("cp.async.commit_group");
    }

    /** Begins to copy the values of the next keys, as a group of copies. */
    void copyValues() {
        copyRows(copiedValues, layout.values);
        ptx.op("cp.async.commit_group");
    }

    /** Returns the chunks of a row. */
    private int chunks() {
        return layout.form.width() * BYTES / CHUNK;
    }

    /** Returns the rows that the threads of a group copy at the same time. */
    private int rowsAtOnce() {
        return THREADS / chunks();
    }

    /** Copies the next rows to a place in shared memory, with zeros behind the last one. */
    private void copyRows(String from, int to) {
        String source = ptx.wide("mad.wide.s32", here.nextKey, here.rowBytes, from);
        String left = ptx.integer("sub.s32", here.keys, here.nextKey);
        ptx.op("sub.s32", left, left, copiedRow);
        for (int first = 0; first < TILE; first += rowsAtOnce()) {
            String exists = ptx.compare("setp.gt.s32", left, first);
            String bytes = ptx.integer("selp.u32", CHUNK, 0, exists);
            String place = ptx.wide("mad.wide.s32", here.rowBytes, first, source);
            ptx.when(
                    isWithin(first, TILE),
                    "cp.async.cg.shared.global",
                    at(copyTarget, to + first * layout.pitch * BYTES),
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
        checkOrder(isNextInOrder, keyPosition, here.keyPositions, here.nextKey, here.keys);
        if (!first) {
            String follows = ptx.compare("setp.eq.s32", keyPosition, before);
            ptx.op("and.pred", isNextInOrder, isNextInOrder, follows);
            ptx.op("sub.s32", ring, BLOCKS / 2, ring);
        }
        String target = ptx.integer("mad.lo.s32", ring, ROWS * layout.pitch * BYTES, copyTarget);
        String distance = ptx.integer("sub.s32", firstPosition, keyPosition);
        distance = ptx.integer("add.s32", distance, copiedRow);
        distance = ptx.integer("add.s32", distance, here.centre);
        int rows = first ? DISTANCES : TILE;
        int count = Math.ceilDiv(rows, rowsAtOnce());
        String[] slots = ptx.b32s(count);
        for (int n = 0; n < count; n++) {
            // Rows behind the last query or key name distances that are not in the index.
            String place = ptx.integer("add.s32", distance, n * rowsAtOnce() - (TILE - 1));
            ptx.op("ld.global.nc.u32", slots[n], at(here.indexPlace(place), 0));
        }
        for (int n = 0; n < count; n++) {
            String slot = here.tableRow(slots[n]);
            String exists = isWithin(n * rowsAtOnce(), rows);
            int bytes = n * rowsAtOnce() * layout.pitch * BYTES;
            if (layout.form.c2p()) {
                copyChunk(exists, copiedQueryTable, slot, target, layout.queryRows + bytes);
            }
            if (layout.form.p2c()) {
                copyChunk(exists, copiedKeyTable, slot, target, layout.keyRows + bytes);
            }
        }
    }

    private void copyChunk(String exists, String table, String slot, String target, int bytes) {
        String source = ptx.wide("mad.wide.u32", slot, layout.form.width() * BYTES, table);
        ptx.when(exists, "cp.async.cg.shared.global", at(target, bytes), at(source, 0), CHUNK);
    }
}

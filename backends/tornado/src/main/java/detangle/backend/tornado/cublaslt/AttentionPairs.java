package detangle.backend.tornado.cublaslt;

import static detangle.backend.tornado.cublaslt.AttentionLayout.BYTES;
import static detangle.backend.tornado.cublaslt.AttentionLayout.KEY_PITCH;
import static detangle.backend.tornado.cublaslt.AttentionLayout.QUERY_PITCH;
import static detangle.backend.tornado.cublaslt.AttentionLayout.ROWS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.THREADS;
import static detangle.backend.tornado.cublaslt.AttentionLayout.TILE;
import static detangle.backend.tornado.cublaslt.PtxNumbers.ZERO;
import static detangle.backend.tornado.cublaslt.PtxWriter.at;

/** The part of {@link AttentionPtx} for positions that leave numbers out: each pair's terms by themselves, slowly. */
final class AttentionPairs {
    private final PtxWriter ptx;
    private final AttentionLayout layout;
    private final AttentionThread here;
    private final PtxNumbers numbers;

    AttentionPairs(PtxWriter ptx, AttentionLayout layout, AttentionThread here, PtxNumbers numbers) {
        this.ptx = ptx;
        this.layout = layout;
        this.here = here;
        this.numbers = numbers;
    }

    /** Computes the terms of each pair of a query and a key by itself. */
    void multiply() {
        String at = ptx.integer("mov.u32", here.thread);
        ptx.label("NEXT_PAIR");
        String query = ptx.integer("shr.u32", at, 6);
        String key = ptx.integer("and.b32", at, TILE - 1);
        String queryRow = ptx.integer("add.s32", here.firstQuery, query);
        String keyRow = ptx.integer("add.s32", here.firstKey, key);
        String exists = ptx.compare("setp.lt.s32", queryRow, here.queries);
        String keyExists = ptx.compare("setp.lt.s32", keyRow, here.keys);
        ptx.op("and.pred", exists, exists, keyExists);
        // In the place of a pair that is not there, the first one is computed, so that all threads do the same. Its
        // terms lie where those of the missing pair would, which the softmax hides or which are of no query.
        queryRow = ptx.integer("selp.u32", queryRow, here.firstQuery, exists);
        keyRow = ptx.integer("selp.u32", keyRow, here.firstKey, exists);
        String position = position(here.queryPositions, queryRow);
        ptx.op("sub.s32", position, position, position(here.keyPositions, keyRow));
        ptx.op("add.s32", position, position, here.centre);
        String slot = here.tableRow(ptx.integer("ld.global.nc.u32", at(here.indexPlace(position), 0)));
        // AttentionPtx says in which columns the terms lie.
        String rowOfWarp = ptx.integer("and.b32", query, ROWS - 1);
        String keyOfWarp = ptx.integer("and.b32", key, ROWS - 1);
        if (layout.form.c2p()) {
            String column = ptx.integer("sub.s32", rowOfWarp, key);
            pairTerm(
                    here.q,
                    queryRow,
                    here.queryTable,
                    slot,
                    query,
                    column,
                    layout.queryTerms + (TILE - 1) * BYTES,
                    QUERY_PITCH);
        }
        if (layout.form.p2c()) {
            String column = ptx.integer("sub.s32", query, keyOfWarp);
            pairTerm(here.k, keyRow, here.keyTable, slot, key, column, layout.keyTerms + (ROWS - 1) * BYTES, KEY_PITCH);
        }
        ptx.op("add.s32", at, at, THREADS);
        ptx.when(ptx.compare("setp.lt.s32", at, TILE * TILE), "bra.uni", "NEXT_PAIR");
    }

    private String position(String positions, String row) {
        return ptx.integer("ld.global.nc.u32", at(ptx.wide("mad.wide.s32", row, Integer.BYTES, positions), 0));
    }

    private void pairTerm(
            String rows, String row, String table, String slot, String line, String column, int to, int termPitch) {
        String place = ptx.wide("mad.wide.s32", row, here.rowBytes, rows);
        String entry = ptx.wide("mad.wide.s32", slot, layout.form.width() * BYTES, table);
        String sum = ptx.f32();
        ptx.op("mov.f32", sum, ZERO);
        for (int n = 0; n < layout.form.width(); n++) {
            String a = numbers.widen("ld.global.nc.b16", at(place, n * BYTES));
            String b = numbers.widen("ld.global.nc.b16", at(entry, n * BYTES));
            ptx.op("fma.rn.f32", sum, a, b, sum);
        }
        ptx.op("mul.f32", sum, sum, here.factor);
        String target = ptx.integer("mad.lo.s32", line, termPitch, column);
        target = ptx.integer("mad.lo.s32", target, BYTES, here.room);
        String narrow = ptx.b16();
        ptx.op("cvt.rn." + numbers.type() + ".f32", narrow, sum);
        ptx.op("st.shared.b16", at(target, to), narrow);
    }
}

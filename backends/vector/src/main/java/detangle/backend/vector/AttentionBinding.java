package detangle.backend.vector;

import detangle.backend.vector.kernel.AttentionOperands;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.RelativeTable;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import java.util.HashMap;
import java.util.Map;

/** Binds disentangled attention, over padded and over packed batches, to the values of a program. */
final class AttentionBinding {
    private static final Operands.Form<PackedMatrix[]> ABSENT = f -> AttentionOperands.Positions.ABSENT;

    private final Operands operands;
    private final SizeTable sizes;

    /** The number of each table of relative positions; the layers of a model share one table. */
    private final Map<TableKey, Integer> relativeTables = new HashMap<>();

    /** What a table in the kernel's form depends on: the value, and the places of two sizes. */
    private record TableKey(FrameValue table, int length, int rows) {}

    /** Tells the kernel of a run which tables of positions it reads. */
    @FunctionalInterface
    private interface Positions {
        void set(Frame frame, AttentionOperands.Positions to);
    }

    AttentionBinding(Operands operands, SizeTable sizes) {
        this.operands = operands;
        this.sizes = sizes;
    }

    /** How many different tables of relative positions the attentions read that have been bound. */
    int relativeTables() {
        return relativeTables.size();
    }

    Step padded(KernelOp.DisentangledAttention op, Node node, FrameValue out) {
        FrameValue keys = operands.value(node, 1);
        FrameValue mask = operands.value(node, 3);
        Positions positions =
                positions(op.c2p(), op.p2c(), node, 4, node.input(1).shape().dim(1));
        Step places = places(node, positions, out);
        return f -> {
            AttentionOperands all = f.attention().operands();
            int batch = f.dim(out, 0);
            all.queries().set(batch, f.dim(out, 1));
            all.keys().set(batch, f.dim(keys, 1));
            // The mask broadcasts to [B,A,Q,S].
            all.mask()
                    .set(
                            f.bytes(mask),
                            f.offset(mask),
                            Broadcasts.stride(f, mask, -4),
                            Broadcasts.stride(f, mask, -2),
                            Broadcasts.stride(f, mask, -1));
            places.run(f);
            f.attention().run(batch, f.dim(out, 2), f.dim(out, 3), op.scale());
        };
    }

    Step packed(KernelOp.PackedAttention op, Node node, FrameValue out) {
        int length = sizes.slot(op.length());
        PackedRows queries = new PackedRows("query", operands.value(node, 3), operands.value(node, 5), length);
        PackedRows keys = new PackedRows("key", operands.value(node, 4), operands.value(node, 6), length);
        Step places = places(node, positions(op.c2p(), op.p2c(), node, 7, op.length()), out);
        return f -> {
            queries.check(f);
            keys.check(f);
            AttentionOperands all = f.attention().operands();
            set(f, queries, all.queries());
            set(f, keys, all.keys());
            all.mask().setNone();
            places.run(f);
            int sequences = f.dim(queries.segments(), 0) - 1;
            f.attention().run(sequences, f.dim(out, 1), f.dim(out, 2), op.scale());
        };
    }

    private static void set(Frame f, PackedRows rows, AttentionOperands.Rows to) {
        to.set(
                f.ints(rows.segments()),
                f.offset(rows.segments()),
                f.ints(rows.positions()),
                f.offset(rows.positions()));
    }

    /** Tells the kernel of a run where q, k, v, the tables and the result are. */
    private Step places(Node node, Positions positions, FrameValue out) {
        FrameValue q = operands.value(node, 0);
        FrameValue k = operands.value(node, 1);
        FrameValue v = operands.value(node, 2);
        return f -> {
            AttentionOperands all = f.attention().operands();
            set(f, q, all.q());
            set(f, k, all.k());
            set(f, v, all.v());
            set(f, out, all.out());
            positions.set(f, all.positions());
        };
    }

    private static void set(Frame f, FrameValue value, AttentionOperands.Heads to) {
        to.set(f.floats(value), f.offset(value));
    }

    /**
     * @param first the operand with the first position table
     * @param length of the keys' sequence: position 0 of a query and the last of a key meet at 0 of the table of rows
     */
    private Positions positions(boolean c2p, boolean p2c, Node node, int first, Dim length) {
        if (!c2p && !p2c) {
            return (f, to) -> to.setNone();
        }
        int tableAt = node.inputs().size() - 1;
        Operands.Form<PackedMatrix[]> keys = c2p ? operands.heads(node, first) : ABSENT;
        Operands.Form<PackedMatrix[]> queries = p2c ? operands.heads(node, tableAt - 1) : ABSENT;
        FrameValue table = operands.value(node, tableAt);
        boolean lasts = operands.lasts(node, tableAt);
        int lengthSlot = sizes.slot(length);
        int rowSlot = sizes.slot(node.input(first).type().dim(1));
        int number =
                relativeTables.computeIfAbsent(new TableKey(table, lengthSlot, rowSlot), key -> relativeTables.size());
        return (f, to) -> {
            RelativeTable rows =
                    f.relativeTables().get(f, number, table, lasts, f.size(lengthSlot) - 1, f.size(rowSlot));
            to.set(keys.of(f), queries.of(f), rows);
        };
    }
}

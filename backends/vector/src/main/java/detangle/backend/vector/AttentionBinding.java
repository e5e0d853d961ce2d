package detangle.backend.vector;

import detangle.backend.vector.kernel.AttentionOperands;
import detangle.backend.vector.kernel.Elements;
import detangle.backend.vector.kernel.RelativeTable;
import detangle.backend.vector.kernel.VectorAttentionGrad;
import detangle.ir.AttentionDropout;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.Node;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Binds disentangled attention and its gradients, over padded and over packed batches, to the values of a program. */
final class AttentionBinding {
    private static final Operands.Tables ABSENT = (f, reached) -> AttentionOperands.Positions.ABSENT;

    /** The first operand of padded attention that may be a table of positions, behind q, k, v and the mask. */
    private static final int PADDED_TABLES = 4;

    /**
     * The first such operand of packed attention, behind q, k, v and the segments and positions of queries and keys.
     */
    private static final int PACKED_TABLES = 7;

    private final Operands operands;
    private final SizeTable sizes;

    /** The number of each table of relative positions; the layers of a model share one table. */
    private final Map<TableKey, Integer> relativeTables = new HashMap<>();

    /** The key of a table in the kernel's form: the value, and the places of two sizes. */
    private record TableKey(FrameValue table, int length, int rows) {}

    /** Gives the kernel of a run the sequences and the keys that their queries see, and returns their number. */
    @FunctionalInterface
    private interface Sequences {
        int set(Frame frame);
    }

    /** Gives the kernel of a run the dropout. */
    @FunctionalInterface
    private interface Drops {
        void set(Frame frame, AttentionOperands.Dropout to);
    }

    /** Tells the kernel of a run which tables of positions it reads. */
    @FunctionalInterface
    private interface Positions {
        void set(Frame frame, AttentionOperands.Positions to);
    }

    AttentionBinding(Operands operands, SizeTable sizes) {
        this.operands = operands;
        this.sizes = sizes;
    }

    /** Returns how many different tables of relative positions the attentions read that have been bound. */
    int relativeTables() {
        return relativeTables.size();
    }

    Step padded(KernelOp.DisentangledAttention op, Node node, FrameValue out) {
        Dim length = node.input(1).shape().dim(1);
        return attention(
                op.scale(),
                node,
                out,
                padded(node),
                positions(op.c2p(), op.p2c(), node, PADDED_TABLES, length),
                drops(op.dropout(), node, PADDED_TABLES + tables(op.c2p(), op.p2c())));
    }

    Step packed(KernelOp.PackedAttention op, Node node, FrameValue out) {
        return attention(
                op.scale(),
                node,
                out,
                packed(op.length(), node),
                positions(op.c2p(), op.p2c(), node, PACKED_TABLES, op.length()),
                drops(op.dropout(), node, PACKED_TABLES + tables(op.c2p(), op.p2c())));
    }

    /**
     * Binds the gradients of padded attention.
     *
     * @param results the results of one operation that are read
     * @param outs the values that they are written to, in their order
     */
    Step padded(KernelOp.DisentangledAttentionGrad op, List<Node> results, List<FrameValue> outs) {
        Node node = results.getFirst();
        KernelOp.DisentangledAttention of = op.attention();
        Dim length = node.input(1).shape().dim(1);
        return gradients(
                of.scale(),
                node,
                byResult(results, outs, n -> ((KernelOp.DisentangledAttentionGrad) n.op()).result()),
                padded(node),
                tables(of.c2p(), of.p2c(), node, PADDED_TABLES, length),
                drops(of.dropout(), node, PADDED_TABLES + tables(of.c2p(), of.p2c())));
    }

    /** Binds the gradients of packed attention. */
    Step packed(KernelOp.PackedAttentionGrad op, List<Node> results, List<FrameValue> outs) {
        Node node = results.getFirst();
        KernelOp.PackedAttention of = op.attention();
        return gradients(
                of.scale(),
                node,
                byResult(results, outs, n -> ((KernelOp.PackedAttentionGrad) n.op()).result()),
                packed(of.length(), node),
                tables(of.c2p(), of.p2c(), node, PACKED_TABLES, of.length()),
                drops(of.dropout(), node, PACKED_TABLES + tables(of.c2p(), of.p2c())));
    }

    private static Map<AttentionGradient, FrameValue> byResult(
            List<Node> results, List<FrameValue> outs, Function<Node, AttentionGradient> which) {
        Map<AttentionGradient, FrameValue> into = new EnumMap<>(AttentionGradient.class);
        for (int i = 0; i < outs.size(); i++) {
            into.put(which.apply(results.get(i)), outs.get(i));
        }
        return into;
    }

    private Sequences padded(Node node) {
        FrameValue queries = operands.value(node, 0);
        FrameValue keys = operands.value(node, 1);
        FrameValue mask = operands.value(node, 3);
        return f -> {
            AttentionOperands all = f.attention().operands();
            int batch = f.dim(queries, 0);
            all.queries().set(batch, f.dim(queries, 1));
            all.keys().set(batch, f.dim(keys, 1));
            all.dropout().padded();
            // The mask broadcasts to [B,A,Q,S].
            all.mask()
                    .set(
                            f.bytes(mask),
                            f.offset(mask),
                            Broadcasts.stride(f, mask, -4),
                            Broadcasts.stride(f, mask, -2),
                            Broadcasts.stride(f, mask, -1));
            return batch;
        };
    }

    private Sequences packed(Dim longest, Node node) {
        int length = sizes.slot(longest);
        PackedRows queries = new PackedRows("query", operands.value(node, 3), operands.value(node, 5), length);
        PackedRows keys = new PackedRows("key", operands.value(node, 4), operands.value(node, 6), length);
        return f -> {
            queries.check(f);
            keys.check(f);
            AttentionOperands all = f.attention().operands();
            set(f, queries, all.queries());
            set(f, keys, all.keys());
            all.mask().setNone();
            all.dropout().packed(f.dim(queries.positions(), 0), f.dim(keys.positions(), 0));
            return f.dim(queries.segments(), 0) - 1;
        };
    }

    private static void set(Frame f, PackedRows rows, AttentionOperands.Rows to) {
        to.set(
                f.ints(rows.segments()),
                f.offset(rows.segments()),
                f.ints(rows.positions()),
                f.offset(rows.positions()));
    }

    private static void set(Frame f, FrameValue value, AttentionOperands.Heads to) {
        to.set(f.floats(value), f.offset(value));
    }

    /** Returns the number of operands that are tables of positions or the table of their rows. */
    private static int tables(boolean c2p, boolean p2c) {
        return (c2p ? 1 : 0) + (p2c ? 1 : 0) + (c2p || p2c ? 1 : 0);
    }

    /** @param seedAt the number of the operand with the seed, if there is dropout */
    private Drops drops(AttentionDropout dropout, Node node, int seedAt) {
        if (!dropout.isPresent()) {
            return (f, to) -> to.setNone();
        }
        FrameValue seed = operands.value(node, seedAt);
        return (f, to) -> to.set(dropout.rate(), f.longs(seed)[f.offset(seed)], dropout.stream());
    }

    private Step attention(
            double scale, Node node, FrameValue out, Sequences sequences, Positions positions, Drops drops) {
        FrameValue q = operands.value(node, 0);
        FrameValue k = operands.value(node, 1);
        FrameValue v = operands.value(node, 2);
        return f -> {
            int batch = sequences.set(f);
            AttentionOperands all = f.attention().operands();
            set(f, q, all.q());
            set(f, k, all.k());
            set(f, v, all.v());
            set(f, out, all.out());
            positions.set(f, all.positions());
            drops.set(f, all.dropout());
            f.attention().run(batch, f.dim(out, -2), f.dim(out, -1), scale);
        };
    }

    /**
     * @param first the operand with the first position table
     * @param length of the keys' sequence: position 0 of a query and the last of a key meet at 0 of the table of rows
     */
    private Positions positions(boolean c2p, boolean p2c, Node node, int first, Dim length) {
        if (!c2p && !p2c) {
            return (f, to) -> to.setNone();
        }
        int tableAt = first + tables(c2p, p2c) - 1;
        Operands.Tables keys = c2p ? operands.heads(node, first) : ABSENT;
        Operands.Tables queries = p2c ? operands.heads(node, tableAt - 1) : ABSENT;
        Operands.Form<RelativeTable> rows = rows(node, tableAt, first, length);
        return (f, to) -> {
            RelativeTable reached = rows.of(f);
            to.set(keys.of(f, reached), queries.of(f, reached), reached);
        };
    }

    /** Returns the table of rows in the form that kernels read. */
    private Operands.Form<RelativeTable> rows(Node node, int tableAt, int first, Dim length) {
        FrameValue table = operands.value(node, tableAt);
        boolean lasts = operands.lasts(node, tableAt);
        int lengthSlot = sizes.slot(length);
        int rowSlot = sizes.slot(node.input(first).type().dim(1));
        int number =
                relativeTables.computeIfAbsent(new TableKey(table, lengthSlot, rowSlot), key -> relativeTables.size());
        return f -> f.relativeTables().get(f, number, table, lasts, f.size(lengthSlot) - 1, f.size(rowSlot));
    }

    /**
     * The parts of the operands for positions that gradients read.
     *
     * @param rows the table of rows, if there is a table of positions
     */
    private record Tables(
            Optional<FrameValue> pk, Optional<FrameValue> pq, Optional<Operands.Form<RelativeTable>> rows) {}

    private Tables tables(boolean c2p, boolean p2c, Node node, int first, Dim length) {
        int tableAt = first + tables(c2p, p2c) - 1;
        return new Tables(
                c2p ? Optional.of(operands.value(node, first)) : Optional.empty(),
                p2c ? Optional.of(operands.value(node, tableAt - 1)) : Optional.empty(),
                c2p || p2c ? Optional.of(rows(node, tableAt, first, length)) : Optional.empty());
    }

    private Step gradients(
            double scale,
            Node node,
            Map<AttentionGradient, FrameValue> outs,
            Sequences sequences,
            Tables tables,
            Drops drops) {
        FrameValue q = operands.value(node, 0);
        FrameValue k = operands.value(node, 1);
        FrameValue v = operands.value(node, 2);
        FrameValue dout = operands.value(node, node.inputs().size() - 1);
        return f -> {
            int batch = sequences.set(f);
            AttentionOperands all = f.attention().operands();
            set(f, q, all.q());
            set(f, k, all.k());
            set(f, v, all.v());
            AttentionOperands.Positions positions = all.positions();
            tables.rows().ifPresentOrElse(rows -> positions.set(rows.of(f)), positions::setNone);
            drops.set(f, all.dropout());
            new VectorAttentionGrad(
                            all,
                            elements(f, dout),
                            result(f, outs, AttentionGradient.DQ),
                            result(f, outs, AttentionGradient.DK),
                            result(f, outs, AttentionGradient.DV),
                            table(f, tables.pk(), result(f, outs, AttentionGradient.DPK)),
                            table(f, tables.pq(), result(f, outs, AttentionGradient.DPQ)),
                            f.dim(q, -2),
                            f.dim(q, -1),
                            tables.pk().or(tables::pq).map(p -> f.dim(p, 1)).orElse(0),
                            scale)
                    .run(batch);
        };
    }

    private static Elements elements(Frame f, FrameValue value) {
        return new Elements(f.floats(value), f.offset(value));
    }

    private static Optional<Elements> result(
            Frame f, Map<AttentionGradient, FrameValue> outs, AttentionGradient which) {
        return Optional.ofNullable(outs.get(which)).map(out -> elements(f, out));
    }

    private static Optional<VectorAttentionGrad.Table> table(
            Frame f, Optional<FrameValue> rows, Optional<Elements> gradient) {
        return rows.map(r -> new VectorAttentionGrad.Table(elements(f, r), gradient));
    }
}

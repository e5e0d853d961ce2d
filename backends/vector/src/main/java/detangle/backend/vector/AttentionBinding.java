package detangle.backend.vector;

import detangle.backend.vector.kernel.RelativeTable;
import detangle.backend.vector.kernel.VectorAttention;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Strides;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Binds disentangled attention, over padded and over packed batches, to the memory of a run. */
final class AttentionBinding {
    private final Operands operands;
    private final Map<String, Long> bindings;

    /** All layers of a model share one. */
    private final Map<TableKey, RelativeTable> relativeTables = new HashMap<>();

    /** What a table in the kernel's forms depends on. */
    private record TableKey(Node table, int centre, int rows) {}

    AttentionBinding(Operands operands, Map<String, Long> bindings) {
        this.operands = operands;
        this.bindings = bindings;
    }

    Step padded(KernelOp.DisentangledAttention op, Node node, View out) {
        int keys = operands.view(node, 1).dim(1);
        View maskView = operands.view(node, 3);
        int[] scores = {out.dim(0), out.dim(2), out.dim(1), keys};
        int[] strides = Strides.broadcast(maskView.shape(), scores);
        VectorAttention.Mask mask =
                new VectorAttention.Mask(maskView.bytes(), maskView.offset(), strides[0], strides[2], strides[3]);
        VectorAttention kernel = new VectorAttention(
                out.dim(0),
                out.dim(2),
                out.dim(3),
                op.scale(),
                VectorAttention.Rows.of(out.dim(0), out.dim(1)),
                VectorAttention.Rows.of(out.dim(0), keys),
                Optional.of(mask));
        return step(kernel, node, positions(op.c2p(), op.p2c(), node, 4, keys), out);
    }

    Step packed(KernelOp.PackedAttention op, Node node, View out) {
        VectorAttention kernel = new VectorAttention(
                operands.view(node, 3).dim(0) - 1,
                out.dim(1),
                out.dim(2),
                op.scale(),
                rows(node, 3, 5),
                rows(node, 4, 6),
                Optional.empty());
        long length = op.length().evaluate(bindings);
        PackedRows queries = new PackedRows("query", operands.view(node, 3), operands.view(node, 5), length);
        PackedRows keys = new PackedRows("key", operands.view(node, 4), operands.view(node, 6), length);
        Supplier<Optional<VectorAttention.Positions>> positions =
                positions(op.c2p(), op.p2c(), node, 7, Math.toIntExact(length));
        Step step = step(kernel, node, positions, out);
        return () -> {
            queries.check();
            keys.check();
            step.run();
        };
    }

    private VectorAttention.Rows rows(Node node, int segments, int positions) {
        View s = operands.view(node, segments);
        View p = operands.view(node, positions);
        return new VectorAttention.Rows(s.ints(), s.offset(), p.ints(), p.offset());
    }

    private Step step(
            VectorAttention kernel, Node node, Supplier<Optional<VectorAttention.Positions>> positions, View out) {
        VectorAttention.Heads q = heads(operands.view(node, 0));
        VectorAttention.Heads k = heads(operands.view(node, 1));
        VectorAttention.Heads v = heads(operands.view(node, 2));
        VectorAttention.Heads to = heads(out);
        return () -> kernel.run(q, k, v, positions.get(), to);
    }

    private static VectorAttention.Heads heads(View view) {
        return new VectorAttention.Heads(view.floats(), view.offset());
    }

    /**
     * @param first the operand with the first position table
     * @param length of the keys' sequence: position 0 of a query and the last of a key meet at 0 of the table of rows
     */
    private Supplier<Optional<VectorAttention.Positions>> positions(
            boolean c2p, boolean p2c, Node node, int first, int length) {
        if (!c2p && !p2c) {
            return Optional::empty;
        }
        int tableAt = node.inputs().size() - 1;
        int rows = Math.toIntExact(node.input(first).type().dim(1).evaluate(bindings));
        View table = operands.view(node, tableAt);
        boolean isFixed =
                operands.isFixed(node, first) && operands.isFixed(node, tableAt - 1) && operands.isFixed(node, tableAt);
        return Operands.prepared(
                isFixed,
                () -> Optional.of(new VectorAttention.Positions(
                        c2p ? Optional.of(operands.heads(node, first)) : Optional.empty(),
                        p2c ? Optional.of(operands.heads(node, tableAt - 1)) : Optional.empty(),
                        isFixed
                                ? relativeTables.computeIfAbsent(
                                        new TableKey(node.input(tableAt), length - 1, rows),
                                        t -> relativeTable(table, length - 1, rows))
                                : relativeTable(table, length - 1, rows))));
    }

    private static RelativeTable relativeTable(View table, int centre, int rows) {
        int[] values = Arrays.copyOfRange(table.ints(), table.offset(), table.offset() + table.elements());
        return new RelativeTable(values, centre, rows);
    }
}

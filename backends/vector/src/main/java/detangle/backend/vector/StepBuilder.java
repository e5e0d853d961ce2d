package detangle.backend.vector;

import detangle.backend.InputException;
import detangle.backend.vector.kernel.AttentionKernel;
import detangle.backend.vector.kernel.Gemm;
import detangle.backend.vector.kernel.LayerNormKernel;
import detangle.backend.vector.kernel.MatMul;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Panels;
import detangle.backend.vector.kernel.RelativeTable;
import detangle.backend.vector.kernel.RowKernels;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Strides;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Binds the kernels that {@link Kernels} chooses to the memory of a run at given sizes. */
final class StepBuilder {
    private final Selection selection;
    private final Map<Node, View> views;
    private final Constants constants;
    private final Map<String, Long> bindings;

    /** Nodes whose values are the same at each run. */
    private final Set<Node> fixed;

    /** All layers of a model share one. */
    private final Map<TableKey, RelativeTable> relativeTables = new HashMap<>();

    /** What a table in the kernel's forms depends on. */
    private record TableKey(Node table, int centre, int rows) {}

    /**
     * @param selection the kernels of the program's nodes
     * @param fixed values that are the same at each run
     * @param views where values are, to be filled while steps are built
     */
    StepBuilder(
            Selection selection,
            Set<Node> fixed,
            Map<Node, View> views,
            Constants constants,
            Map<String, Long> bindings) {
        this.selection = selection;
        this.fixed = fixed;
        this.views = views;
        this.constants = constants;
        this.bindings = bindings;
    }

    /** The step that computes a node into its view; {@link Step#NOTHING} where there is nothing to do. */
    Step step(Node node, View out) {
        // What cannot be is refused even where the result has no elements, as the interpreter does.
        switch (node.op()) {
            case TensorOp.Slice slice -> checkInside(slice, in(node, 0));
            case TensorOp.Pad pad -> checkNotNegative(pad);
            default -> {}
        }
        if (out.elements() == 0 && !readsIds(node)) {
            return Step.NOTHING;
        }
        return selection
                .kernel(node)
                .map(kernel -> kernel.binder().bind(this, node, out))
                .orElseGet(() -> interpreted(node, out));
    }

    private View in(Node node, int operand) {
        return views.get(node.input(operand));
    }

    private void checkInside(TensorOp.Slice slice, View x) {
        long from = slice.start().evaluate(bindings);
        long to = slice.limit().evaluate(bindings);
        if (from < 0 || to < from || to > x.dim(slice.axis())) {
            throw new InputException("slice [" + from + ", " + to + ") does not lie in an axis of "
                    + x.dim(slice.axis()) + " at sizes " + bindings);
        }
    }

    private void checkNotNegative(TensorOp.Pad pad) {
        if (pad.before().evaluate(bindings) < 0 || pad.after().evaluate(bindings) < 0) {
            throw new InputException("an axis cannot be padded by a negative number at sizes " + bindings);
        }
    }

    /** Ids may lie outside a table although its rows, and so the result, have no elements. */
    private static boolean readsIds(Node node) {
        return node.op() instanceof TensorOp.Gather
                || node.op() instanceof TensorOp.ScatterAdd
                || node.op() instanceof TensorOp.ScatterAddLast;
    }

    /** A value that is kept, moved to other memory where the plan did not let it share. */
    Step copy(Node node, View to) {
        View from = in(node, 0);
        return from.array() == to.array() && from.offset() == to.offset() ? Step.NOTHING : Movement.copy(from, to);
    }

    Step transpose(TensorOp.Transpose op, Node node, View out) {
        return Movement.transpose(in(node, 0), op.permutation(), out);
    }

    Step broadcast(Node node, View out) {
        View x = in(node, 0);
        return Movement.strided(x, Strides.broadcast(x.shape(), out.shape()), out);
    }

    Step slice(TensorOp.Slice op, Node node, View out) {
        int from = Math.toIntExact(op.start().evaluate(bindings));
        int to = Math.toIntExact(op.limit().evaluate(bindings));
        return Movement.along(op.axis(), in(node, 0), from, out, 0, to - from);
    }

    Step pad(TensorOp.Pad op, Node node, View out) {
        return Movement.pad(op.axis(), in(node, 0), Math.toIntExact(op.before().evaluate(bindings)), out);
    }

    Step concat(TensorOp.Concat op, Node node, View out) {
        List<Step> parts = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            View part = in(node, i);
            parts.add(Movement.along(op.axis(), part, 0, out, at, part.dim(op.axis())));
            at += part.dim(op.axis());
        }
        return () -> parts.forEach(Step::run);
    }

    /** Numbers of any type as floats. */
    Step toFloats(Node node, View out) {
        Tensor x = in(node, 0).asTensor();
        return () -> x.copyTo(0, out.floats(), out.offset(), out.elements());
    }

    Step dot(TensorOp.Dot op, Node node, View out) {
        View a = in(node, 0);
        View b = in(node, 1);
        int[] batch = Arrays.copyOf(out.shape(), out.rank() - 2);
        int[] batchA = Arrays.copyOf(a.shape(), a.rank() - 2);
        int[] batchB = Arrays.copyOf(b.shape(), b.rank() - 2);
        int m = out.dim(-2);
        int n = out.dim(-1);
        int k = a.dim(-1);
        int[] ia = Strides.offsets(batch, Strides.broadcast(batchA, batch));
        int[] ib = Strides.offsets(batch, Strides.broadcast(batchB, batch));
        boolean rhsT = op.transposeRhs();
        return () -> MatMul.run(
                a.floats(), a.offset(), ia, b.floats(), b.offset(), ib, rhsT, m, k, n, out.floats(), out.offset());
    }

    Step reduce(TensorOp.Reduce op, Node node, View out) {
        return Reduction.of(op.function(), op.axis(), in(node, 0), out);
    }

    Step gather(Node node, View out) {
        return Movement.gather(in(node, 0), in(node, 1), out);
    }

    Step gatherStored(Node node, View out) {
        return Movement.gather(constants.named(node.input(0)).orElseThrow(), in(node, 1), out);
    }

    Step gatherLast(Node node, View out) {
        return Movement.gatherLast(in(node, 0), in(node, 1), out);
    }

    Step scatterAdd(Node node, View out) {
        return Movement.scatterAdd(in(node, 1), in(node, 2), out);
    }

    Step elementwise(MethodHandle code, Node node, View out) {
        return new ElementwiseStep(code, node.inputs().stream().map(views::get).toList(), out);
    }

    private PackedMatrix matrix(Node node, int operand) {
        View v = in(node, operand);
        return PackedMatrix.ofRows(v.floats(), v.offset(), v.dim(0), v.dim(1));
    }

    private boolean inMemory(Node node, int operand) {
        return selection.reads(node, operand) == Kernel.Reads.MEMORY;
    }

    private boolean isFixed(Node node, int operand) {
        return !inMemory(node, operand) || fixed.contains(node.input(operand));
    }

    /** What an operand becomes for a kernel: once if it is fixed, else at each run. */
    private static <T> Supplier<T> prepared(boolean isFixed, Supplier<T> value) {
        if (!isFixed) {
            return value;
        }
        T once = value.get();
        return () -> once;
    }

    /** A vector operand, padded to whole panels. */
    private Supplier<float[]> vector(Node node, int operand) {
        if (!inMemory(node, operand)) {
            return prepared(true, () -> constants.vector(node.input(operand)));
        }
        View v = in(node, operand);
        return prepared(
                isFixed(node, operand),
                () -> Constants.padded(Arrays.copyOfRange(v.floats(), v.offset(), v.offset() + v.elements())));
    }

    Step linear(KernelOp.Linear op, Node node, View out) {
        View x = in(node, 0);
        int n = out.dim(-1);
        int rows = out.rows();
        int k = x.dim(-1);
        Supplier<Panels> weight = prepared(
                isFixed(node, 1), () -> !inMemory(node, 1) ? constants.matrix(node.input(1)) : matrix(node, 1));
        float[] zeros = new float[n + PackedMatrix.WIDTH];
        Supplier<float[]> bias = op.bias() ? vector(node, 2) : () -> zeros;
        Supplier<Gemm.Target> target =
                () -> new Gemm.Target(weight.get(), bias.get(), op.activation(), out.floats(), out.offset(), n);
        if (isFixed(node, 1) && (!op.bias() || isFixed(node, 2))) {
            return new LinearStep(x, List.of(target.get()));
        }
        Gemm gemm = new Gemm(x.floats(), x.offset(), k, rows, k);
        return () -> gemm.run(List.of(target.get()));
    }

    Step layerNorm(KernelOp.LayerNorm op, Node node, View out) {
        View x = in(node, 0);
        View residual = op.residual() ? in(node, 1) : x;
        int last = node.inputs().size() - 1;
        Supplier<float[]> gamma = vector(node, last - 1);
        Supplier<float[]> beta = vector(node, last);
        int size = out.dim(-1);
        LayerNormKernel kernel = new LayerNormKernel(
                x.floats(),
                x.offset(),
                op.residual(),
                residual.floats(),
                residual.offset(),
                (float) op.epsilon(),
                out.floats(),
                out.offset(),
                out.rows(),
                size);
        return () -> kernel.run(gamma.get(), beta.get());
    }

    Step embedding(KernelOp.Embedding op, Node node, View out) {
        View ids = in(node, 0);
        Tensor table = !inMemory(node, 1)
                ? constants.named(node.input(1)).orElseThrow()
                : in(node, 1).asTensor();
        Supplier<float[]> gamma = vector(node, 2);
        Supplier<float[]> beta = vector(node, 3);
        byte[] mask = op.masked() ? in(node, 4).bytes() : new byte[0];
        int maskAt = op.masked() ? in(node, 4).offset() : -1;
        Tensor idTensor = ids.asTensor();
        return () -> RowKernels.embedding(
                idTensor,
                table,
                gamma.get(),
                beta.get(),
                (float) op.epsilon(),
                mask,
                maskAt,
                out.floats(),
                out.offset());
    }

    Step softmax(Node node, View out) {
        View x = in(node, 0);
        View mask = in(node, 1);
        int[] offsets = Strides.offsets(out.shape(), Strides.broadcast(mask.shape(), out.shape()));
        return () -> RowKernels.maskedSoftmax(
                x.floats(),
                x.offset(),
                mask.bytes(),
                mask.offset(),
                offsets,
                out.rows(),
                out.dim(-1),
                out.floats(),
                out.offset());
    }

    Step attention(KernelOp.DisentangledAttention op, Node node, View out) {
        int keys = in(node, 1).dim(1);
        View maskView = in(node, 3);
        int[] scores = {out.dim(0), out.dim(2), out.dim(1), keys};
        int[] strides = Strides.broadcast(maskView.shape(), scores);
        AttentionKernel.Mask mask =
                new AttentionKernel.Mask(maskView.bytes(), maskView.offset(), strides[0], strides[2], strides[3]);
        AttentionKernel kernel = new AttentionKernel(
                out.dim(0),
                out.dim(2),
                out.dim(3),
                op.scale(),
                AttentionKernel.Rows.of(out.dim(0), out.dim(1)),
                AttentionKernel.Rows.of(out.dim(0), keys),
                Optional.of(mask));
        return attention(kernel, node, positions(op.c2p(), op.p2c(), node, 4, keys), out);
    }

    Step packedAttention(KernelOp.PackedAttention op, Node node, View out) {
        AttentionKernel kernel = new AttentionKernel(
                in(node, 3).dim(0) - 1,
                out.dim(1),
                out.dim(2),
                op.scale(),
                rows(node, 3, 5),
                rows(node, 4, 6),
                Optional.empty());
        long length = op.length().evaluate(bindings);
        PackedRows queries = new PackedRows("query", in(node, 3), in(node, 5), length);
        PackedRows keys = new PackedRows("key", in(node, 4), in(node, 6), length);
        Supplier<Optional<AttentionKernel.Positions>> positions =
                positions(op.c2p(), op.p2c(), node, 7, Math.toIntExact(length));
        Step step = attention(kernel, node, positions, out);
        return () -> {
            queries.check();
            keys.check();
            step.run();
        };
    }

    private AttentionKernel.Rows rows(Node node, int segments, int positions) {
        View s = in(node, segments);
        View p = in(node, positions);
        return new AttentionKernel.Rows(s.ints(), s.offset(), p.ints(), p.offset());
    }

    private Step attention(
            AttentionKernel kernel, Node node, Supplier<Optional<AttentionKernel.Positions>> positions, View out) {
        AttentionKernel.Heads q = heads(in(node, 0));
        AttentionKernel.Heads k = heads(in(node, 1));
        AttentionKernel.Heads v = heads(in(node, 2));
        AttentionKernel.Heads to = heads(out);
        return () -> kernel.run(q, k, v, positions.get(), to);
    }

    private static AttentionKernel.Heads heads(View view) {
        return new AttentionKernel.Heads(view.floats(), view.offset());
    }

    /**
     * @param first the operand with the first position table
     * @param length of the keys' sequence: position 0 of a query and the last of a key meet at 0 of the table of rows
     */
    private Supplier<Optional<AttentionKernel.Positions>> positions(
            boolean c2p, boolean p2c, Node node, int first, int length) {
        if (!c2p && !p2c) {
            return Optional::empty;
        }
        int tableAt = node.inputs().size() - 1;
        int rows = Math.toIntExact(node.input(first).type().dim(1).evaluate(bindings));
        View table = in(node, tableAt);
        boolean isFixed = isFixed(node, first) && isFixed(node, tableAt - 1) && isFixed(node, tableAt);
        return prepared(
                isFixed,
                () -> Optional.of(new AttentionKernel.Positions(
                        c2p ? Optional.of(packedHeads(node, first)) : Optional.empty(),
                        p2c ? Optional.of(packedHeads(node, tableAt - 1)) : Optional.empty(),
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

    private PackedMatrix[] packedHeads(Node node, int operand) {
        if (!inMemory(node, operand)) {
            return constants.heads(node.input(operand));
        }
        View v = in(node, operand);
        return Constants.packHeads(v.floats(), v.offset(), v.shape());
    }

    /** What has no kernel: one operation in the interpreter, in f32. */
    private Step interpreted(Node node, View out) {
        List<Tensor> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(in(node, i).asTensor());
        }
        return () -> out.copyFrom(new Interpreter(Precision.F32).apply(node.op(), operands, bindings));
    }
}

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
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Strides;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Chooses a kernel for each operation and binds it to memory. What has no kernel for its types or shapes runs in the
 * interpreter ({@link #interpreted}), so every operation runs.
 */
final class StepBuilder {
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
     * @param fixed values that are the same at each run
     * @param views where values are, to be filled while steps are built
     */
    StepBuilder(Set<Node> fixed, Map<Node, View> views, Constants constants, Map<String, Long> bindings) {
        this.fixed = fixed;
        this.views = views;
        this.constants = constants;
        this.bindings = bindings;
    }

    static int[] ints(long[] sizes) {
        return Arrays.stream(sizes).mapToInt(Math::toIntExact).toArray();
    }

    /** The step that computes a node into its view; empty where there is nothing to do. */
    Optional<Step> step(Node node, View out) {
        if (out.elements() == 0) {
            return Optional.empty();
        }
        return switch (node.op()) {
            case TensorOp op -> tensorStep(op, node, out);
            case KernelOp op -> Optional.of(kernelStep(op, node, out));
        };
    }

    private View in(Node node, int operand) {
        return views.get(node.input(operand));
    }

    private Optional<Step> tensorStep(TensorOp op, Node node, View out) {
        return switch (op) {
            case TensorOp.Reshape r -> copyUnlessShared(in(node, 0), out);
            case TensorOp.StopGradient s -> copyUnlessShared(in(node, 0), out);
            case TensorOp.Transfer t -> copyUnlessShared(in(node, 0), out);
            case TensorOp.Transpose(var permutation) -> Optional.of(Movement.transpose(in(node, 0), permutation, out));
            case TensorOp.Broadcast b -> {
                View x = in(node, 0);
                yield Optional.of(Movement.strided(x, Strides.broadcast(x.shape(), out.shape()), out));
            }
            case TensorOp.Slice(var axis, var start, var limit) -> {
                int from = Math.toIntExact(start.evaluate(bindings));
                int to = Math.toIntExact(limit.evaluate(bindings));
                if (from < 0 || to > in(node, 0).dim(axis)) {
                    throw new InputException("slice [" + from + ", " + to + ") does not lie in an axis of "
                            + in(node, 0).dim(axis) + " at sizes " + bindings);
                }
                yield Optional.of(Movement.along(axis, in(node, 0), from, out, 0, to - from));
            }
            case TensorOp.Pad(var axis, var before, var after) -> {
                int front = Math.toIntExact(before.evaluate(bindings));
                if (front < 0 || after.evaluate(bindings) < 0) {
                    throw new InputException("an axis cannot be padded by a negative number at sizes " + bindings);
                }
                yield Optional.of(Movement.pad(axis, in(node, 0), front, out));
            }
            case TensorOp.Concat(var axis) -> Optional.of(concat(axis, node, out));
            case TensorOp.Dot(var lhsT, var rhsT)
            when !lhsT && out.dtype() == DType.F32 -> Optional.of(dot(rhsT, in(node, 0), in(node, 1), out));
            case TensorOp.Gather g -> Optional.of(gather(node, out));
            case TensorOp.Unary o -> Optional.of(interpreted(node, out));
            case TensorOp.Binary o -> Optional.of(interpreted(node, out));
            case TensorOp.Compare o -> Optional.of(interpreted(node, out));
            case TensorOp.Select o -> Optional.of(interpreted(node, out));
            case TensorOp.Convert o -> Optional.of(interpreted(node, out));
            case TensorOp.Reduce o -> Optional.of(interpreted(node, out));
            case TensorOp.Dot o -> Optional.of(interpreted(node, out));
            case TensorOp.ScatterAdd o ->
                Optional.of(
                        StoredOperands.addsToZeros(node)
                                ? Movement.scatterAdd(in(node, 1), in(node, 2), out)
                                : interpreted(node, out));
            case TensorOp.GatherLast o -> Optional.of(interpreted(node, out));
            case TensorOp.ScatterAddLast o -> Optional.of(interpreted(node, out));
            case TensorOp.Toeplitz o -> Optional.of(interpreted(node, out));
            case TensorOp.Conv1d o -> Optional.of(interpreted(node, out));
            case TensorOp.RandomUniform o -> Optional.of(interpreted(node, out));
            case TensorOp.Input o -> Optional.empty();
            case TensorOp.Param o -> Optional.of(interpreted(node, out));
            case TensorOp.Constant o -> Optional.of(interpreted(node, out));
            case TensorOp.Iota o -> Optional.of(interpreted(node, out));
        };
    }

    private static Optional<Step> copyUnlessShared(View from, View to) {
        return from.array() == to.array() && from.offset() == to.offset()
                ? Optional.empty()
                : Optional.of(Movement.copy(from, to));
    }

    private Step concat(int axis, Node node, View out) {
        List<Step> parts = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            View part = in(node, i);
            parts.add(Movement.along(axis, part, 0, out, at, part.dim(axis)));
            at += part.dim(axis);
        }
        return () -> parts.forEach(Step::run);
    }

    private static Step dot(boolean rhsT, View a, View b, View out) {
        int[] batch = Arrays.copyOf(out.shape(), out.rank() - 2);
        int[] batchA = Arrays.copyOf(a.shape(), a.rank() - 2);
        int[] batchB = Arrays.copyOf(b.shape(), b.rank() - 2);
        int m = out.dim(-2);
        int n = out.dim(-1);
        int k = a.dim(-1);
        int[] ia = Strides.offsets(batch, Strides.broadcast(batchA, batch));
        int[] ib = Strides.offsets(batch, Strides.broadcast(batchB, batch));
        return () -> MatMul.run(
                a.floats(), a.offset(), ia, b.floats(), b.offset(), ib, rhsT, m, k, n, out.floats(), out.offset());
    }

    /** Rows of stored data are read where they are mapped. */
    private Step gather(Node node, View out) {
        View ids = in(node, 1);
        if (!StoredOperands.isRead(node, 0)) {
            return Movement.gather(in(node, 0), ids, out);
        }
        Tensor rows = constants.named(node.input(0)).orElseThrow();
        return () ->
                out.copyFrom(new Interpreter(Precision.F32).apply(node.op(), List.of(rows, ids.asTensor()), bindings));
    }

    private Step kernelStep(KernelOp op, Node node, View out) {
        boolean f32 = out.dtype() == DType.F32;
        return switch (op) {
            case KernelOp.Elementwise(var region) -> {
                List<View> operands = node.inputs().stream().map(views::get).toList();
                yield RegionCompiler.compile(region)
                        .<Step>map(kernel -> new ElementwiseStep(kernel, operands, out))
                        .orElseGet(() -> interpreted(node, out));
            }
            case KernelOp.Linear linear when f32 && isF32(node, 1) -> linear(linear, node, out);
            case KernelOp.LayerNorm norm when f32 && isF32(node, 1) -> layerNorm(norm, node, out);
            case KernelOp.Embedding embedding when f32 -> embedding(embedding, node, out);
            case KernelOp.MaskedSoftmax() when f32 -> softmax(in(node, 0), in(node, 1), out);
            case KernelOp.DisentangledAttention attention
            when f32 && StoredOperands.hasNoMaskPerHead(node) -> attention(attention, node, out);
            case KernelOp.PackedAttention attention when f32 -> packedAttention(attention, node, out);
            case KernelOp.Linear o -> interpreted(node, out);
            case KernelOp.LayerNorm o -> interpreted(node, out);
            case KernelOp.Embedding o -> interpreted(node, out);
            case KernelOp.MaskedSoftmax o -> interpreted(node, out);
            case KernelOp.DisentangledAttention o -> interpreted(node, out);
            case KernelOp.PackedAttention o -> interpreted(node, out);
        };
    }

    /** Whether operands from an index on are stored constants or f32 in memory. */
    private boolean isF32(Node node, int from) {
        for (int i = from; i < node.inputs().size(); i++) {
            if (!StoredOperands.isRead(node, i) && in(node, i).dtype() != DType.F32) {
                return false;
            }
        }
        return true;
    }

    private PackedMatrix matrix(Node node, int operand) {
        View v = in(node, operand);
        return PackedMatrix.ofRows(v.floats(), v.offset(), v.dim(0), v.dim(1));
    }

    private boolean isFixed(Node node, int operand) {
        return StoredOperands.isRead(node, operand) || fixed.contains(node.input(operand));
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
        if (StoredOperands.isRead(node, operand)) {
            return prepared(true, () -> constants.vector(node.input(operand)));
        }
        View v = in(node, operand);
        return prepared(
                isFixed(node, operand),
                () -> Constants.padded(Arrays.copyOfRange(v.floats(), v.offset(), v.offset() + v.elements())));
    }

    private Step linear(KernelOp.Linear op, Node node, View out) {
        View x = in(node, 0);
        int n = out.dim(-1);
        int rows = out.rows();
        int k = x.dim(-1);
        Supplier<Panels> weight = prepared(
                isFixed(node, 1),
                () -> StoredOperands.isRead(node, 1) ? constants.matrix(node.input(1)) : matrix(node, 1));
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

    private Step layerNorm(KernelOp.LayerNorm op, Node node, View out) {
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

    private Step embedding(KernelOp.Embedding op, Node node, View out) {
        View ids = in(node, 0);
        Tensor table = StoredOperands.isRead(node, 1)
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

    private static Step softmax(View x, View mask, View out) {
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

    private Step attention(KernelOp.DisentangledAttention op, Node node, View out) {
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

    private Step packedAttention(KernelOp.PackedAttention op, Node node, View out) {
        AttentionKernel kernel = new AttentionKernel(
                in(node, 3).dim(0) - 1,
                out.dim(1),
                out.dim(2),
                op.scale(),
                rows(node, 3, 5),
                rows(node, 4, 6),
                Optional.empty());
        int length = Math.toIntExact(op.length().evaluate(bindings));
        return attention(kernel, node, positions(op.c2p(), op.p2c(), node, 7, length), out);
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
        if (StoredOperands.isRead(node, operand)) {
            return constants.heads(node.input(operand));
        }
        View v = in(node, operand);
        return Constants.packHeads(v.floats(), v.offset(), v.shape());
    }

    /** The fallback: one operation in the interpreter, in f32. */
    private Step interpreted(Node node, View out) {
        List<Tensor> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(
                    StoredOperands.isRead(node, i)
                            ? constants.value(node.input(i))
                            : in(node, i).asTensor());
        }
        return () -> out.copyFrom(new Interpreter(Precision.F32).apply(node.op(), operands, bindings));
    }
}

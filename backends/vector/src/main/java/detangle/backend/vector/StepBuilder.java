package detangle.backend.vector;

import detangle.backend.InputException;
import detangle.backend.vector.kernel.Gemm;
import detangle.backend.vector.kernel.MatMul;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Panels;
import detangle.backend.vector.kernel.RowKernels;
import detangle.backend.vector.kernel.VectorLayerNorm;
import detangle.backend.vector.kernel.VectorLayerNormGrad;
import detangle.backend.vector.kernel.VectorLayerNormGrad.Elements;
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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Binds the kernels that {@link Kernels} chooses to the memory of a run at given sizes. */
final class StepBuilder {
    private final Selection selection;
    private final Operands operands;
    private final AttentionBinding attention;
    private final Map<String, Long> bindings;

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
        this.operands = new Operands(selection, fixed, views, constants);
        this.attention = new AttentionBinding(operands, bindings);
        this.bindings = bindings;
    }

    /**
     * The step that computes the results of an operation into their views; {@link Step#NOTHING} where there is nothing to do.
     *
     * @param results as {@link detangle.ir.Program#operations} gives them
     */
    Step step(List<Node> results, List<View> outs) {
        Node node = results.getFirst();
        // What cannot be is refused even where the result has no elements, as the interpreter does.
        switch (node.op()) {
            case TensorOp.Slice slice -> checkInside(slice, in(node, 0));
            case TensorOp.Pad pad -> checkNotNegative(pad);
            default -> {}
        }
        if (outs.stream().allMatch(out -> out.elements() == 0) && !readsIds(node)) {
            return Step.NOTHING;
        }
        return selection
                .kernel(node)
                .map(kernel -> kernel.binder().bind(this, results, outs))
                .orElseGet(() -> interpreted(results, outs));
    }

    private View in(Node node, int operand) {
        return operands.view(node, operand);
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
        return Movement.gather(operands.stored(node, 0), in(node, 1), out);
    }

    Step gatherLast(Node node, View out) {
        return Movement.gatherLast(in(node, 0), in(node, 1), out);
    }

    Step scatterAdd(Node node, View out) {
        return Movement.scatterAdd(in(node, 1), in(node, 2), out);
    }

    Step elementwise(MethodHandle code, Node node, View out) {
        return new ElementwiseStep(code, operands.views(node), out);
    }

    Step linear(KernelOp.Linear op, Node node, View out) {
        View x = in(node, 0);
        int n = out.dim(-1);
        int rows = out.rows();
        int k = x.dim(-1);
        Supplier<Panels> weight = operands.matrix(node, 1);
        float[] zeros = new float[n + PackedMatrix.WIDTH];
        Supplier<float[]> bias = op.bias() ? operands.vector(node, 2) : () -> zeros;
        Supplier<Gemm.Target> target =
                () -> new Gemm.Target(weight.get(), bias.get(), op.activation(), out.floats(), out.offset(), n);
        if (operands.isFixed(node, 1) && (!op.bias() || operands.isFixed(node, 2))) {
            return new LinearStep(x, List.of(target.get()));
        }
        Gemm gemm = new Gemm(x.floats(), x.offset(), k, rows, k);
        return () -> gemm.run(List.of(target.get()));
    }

    Step layerNorm(KernelOp.LayerNorm op, Node node, View out) {
        View x = in(node, 0);
        View residual = op.residual() ? in(node, 1) : x;
        int last = node.inputs().size() - 1;
        Supplier<float[]> gamma = operands.vector(node, last - 1);
        Supplier<float[]> beta = operands.vector(node, last);
        int size = out.dim(-1);
        VectorLayerNorm kernel = new VectorLayerNorm(
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

    Step layerNormGrad(KernelOp.LayerNormGrad op, List<Node> results, List<View> outs) {
        Node node = results.getFirst();
        View x = in(node, 0);
        int gamma = node.inputs().size() - 2;
        Map<KernelOp.LayerNormGrad.Result, Elements> into = new EnumMap<>(KernelOp.LayerNormGrad.Result.class);
        for (int i = 0; i < outs.size(); i++) {
            into.put(((KernelOp.LayerNormGrad) results.get(i).op()).result(), elements(outs.get(i)));
        }
        VectorLayerNormGrad kernel = new VectorLayerNormGrad(
                elements(x),
                op.residual() ? Optional.of(elements(in(node, 1))) : Optional.empty(),
                elements(in(node, gamma + 1)),
                (float) op.epsilon(),
                Optional.ofNullable(into.get(KernelOp.LayerNormGrad.Result.DX)),
                Optional.ofNullable(into.get(KernelOp.LayerNormGrad.Result.DGAMMA)),
                Optional.ofNullable(into.get(KernelOp.LayerNormGrad.Result.DBETA)),
                x.rows(),
                x.dim(-1));
        Supplier<float[]> scale = operands.vector(node, gamma);
        return () -> kernel.run(scale.get());
    }

    private static Elements elements(View view) {
        return new Elements(view.floats(), view.offset());
    }

    Step embedding(KernelOp.Embedding op, Node node, View out) {
        View ids = in(node, 0);
        Tensor table = operands.tensor(node, 1);
        Supplier<float[]> gamma = operands.vector(node, 2);
        Supplier<float[]> beta = operands.vector(node, 3);
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
        return attention.padded(op, node, out);
    }

    Step packedAttention(KernelOp.PackedAttention op, Node node, View out) {
        return attention.packed(op, node, out);
    }

    /** What has no kernel: one operation in the interpreter, in f32, each of its results by itself. */
    private Step interpreted(List<Node> results, List<View> outs) {
        List<Tensor> tensors =
                operands.views(results.getFirst()).stream().map(View::asTensor).toList();
        return () -> {
            for (int i = 0; i < outs.size(); i++) {
                outs.get(i)
                        .copyFrom(new Interpreter(Precision.F32)
                                .apply(results.get(i).op(), tensors, bindings));
            }
        };
    }
}

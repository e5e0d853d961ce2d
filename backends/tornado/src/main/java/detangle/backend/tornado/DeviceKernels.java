package detangle.backend.tornado;

import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.scalar.ScalarExpr;
import java.util.Optional;

/**
 * The table of this backend's kernels: which nodes the device takes and how they are lowered. Placement and lowering
 * both read it, so that they cannot disagree. A node that no row takes belongs to the host.
 */
final class DeviceKernels {
    private DeviceKernels() {}

    /** Returns how a node is lowered, if the device takes it. */
    static Optional<Lowering> of(Node node) {
        boolean types = DeviceArray.covers(node.type().dtype())
                && node.inputs().stream().allMatch(DeviceKernels::canBeThere);
        if (!types) {
            return Optional.empty();
        }
        return switch (node.op()) {
            case TensorOp op -> of(op, node);
            case KernelOp op -> of(op, node);
        };
    }

    /**
     * Returns whether the device can be given an operand: its type is one of the device's, or it is a constant of
     * another float type, which is converted before it is copied.
     */
    private static boolean canBeThere(Node operand) {
        DType dtype = operand.type().dtype();
        Node stored = operand.op() instanceof TensorOp.Convert ? operand.input(0) : operand;
        return DeviceArray.covers(dtype) || dtype.isFloat() && stored.op() instanceof TensorOp.Constant;
    }

    /**
     * Returns whether the device takes a node of a program whose values have 32 bits. A device that keeps values in 16
     * bits is given another program, of the same nodes.
     */
    static boolean take(Node node) {
        boolean narrow = DeviceArray.isNarrow(node.type().dtype())
                || node.op() instanceof KernelOp.Elementwise(var region)
                        && region.arguments().stream().anyMatch(DeviceArray::isNarrow);
        return !narrow && of(node).isPresent();
    }

    static boolean isF32(Node node) {
        return node.type().dtype() == DType.F32;
    }

    /** Returns whether a node is of a type that kernels compute in f32. */
    static boolean isFloat(Node node) {
        return isF32(node) || DeviceArray.isNarrow(node.type().dtype());
    }

    private static Optional<Lowering> of(TensorOp op, Node node) {
        return switch (op) {
            case TensorOp.Unary(var f) -> ElementLowering.of(node, new ScalarExpr.Unary(f, argument(node, 0)));
            case TensorOp.Binary(var f) ->
                ElementLowering.of(node, new ScalarExpr.Binary(f, argument(node, 0), argument(node, 1)));
            case TensorOp.Compare(var c) ->
                ElementLowering.of(node, new ScalarExpr.Compare(c, argument(node, 0), argument(node, 1)));
            case TensorOp.Select() ->
                ElementLowering.of(
                        node, new ScalarExpr.Select(argument(node, 0), argument(node, 1), argument(node, 2)));
            case TensorOp.Convert(var to) -> ElementLowering.of(node, new ScalarExpr.Convert(argument(node, 0), to));
            case TensorOp.Reshape o -> Optional.of(MoveLowering.copy(node));
            case TensorOp.StopGradient o -> Optional.of(MoveLowering.copy(node));
            case TensorOp.After o -> Optional.of(MoveLowering.copy(node));
            case TensorOp.Broadcast o -> Optional.of(MoveLowering.broadcast(node));
            case TensorOp.Transpose o -> Optional.of(MoveLowering.transpose(o, node));
            case TensorOp.Slice o -> Optional.of(MoveLowering.slice(o, node));
            case TensorOp.Toeplitz o -> Optional.of(MoveLowering.toeplitz(o, node));
            case TensorOp.Concat o -> Optional.of(MoveLowering.concat(o, node));
            case TensorOp.Pad o -> Optional.of(MoveLowering.pad(o, node));
            case TensorOp.Gather o -> Optional.of(LookupLowering.gather(node));
            case TensorOp.GatherLast o -> Optional.of(LookupLowering.gatherLast(node));
            case TensorOp.ScatterAdd o -> LookupLowering.scatterAdd(node);
            case TensorOp.Reduce o -> RowLowering.reduce(o, node);
            case TensorOp.Dot o -> ProductLowering.dot(o, node);
            case TensorOp.Conv1d o -> ProductLowering.convolution(o, node);
            case TensorOp.Input o -> Optional.empty();
            case TensorOp.Param o -> Optional.empty();
            case TensorOp.Constant o -> Optional.empty();
            case TensorOp.Iota o -> Optional.empty();
            case TensorOp.Transfer o -> Optional.empty();
            case TensorOp.ScatterAddLast o -> LookupLowering.scatterAddLast(node);
            case TensorOp.RandomUniform(var type, long stream) -> ElementLowering.random(node, stream);
        };
    }

    private static Optional<Lowering> of(KernelOp op, Node node) {
        return switch (op) {
            case KernelOp.Elementwise(var region) -> ElementLowering.of(node, region);
            case KernelOp.Linear o -> ProductLowering.linear(o, node);
            case KernelOp.LayerNorm o -> RowLowering.layerNorm(o, node);
            case KernelOp.LayerNormGrad o -> RowLowering.layerNormGrad(o, node);
            case KernelOp.Embedding o -> RowLowering.embedding(o, node);
            case KernelOp.MaskedSoftmax o -> RowLowering.softmax(node);
            case KernelOp.SumOfSquares o -> RowLowering.sumOfSquares(node);
            case KernelOp.DisentangledAttention o -> AttentionLowering.of(node, AttentionForm.of(o));
            case KernelOp.PackedAttention o -> AttentionLowering.of(node, AttentionForm.of(o));
            case KernelOp.DisentangledAttentionGrad(var attention, var result) ->
                AttentionGradLowering.of(node, AttentionForm.of(attention));
            case KernelOp.PackedAttentionGrad(var attention, var result) ->
                AttentionGradLowering.of(node, AttentionForm.of(attention));
        };
    }

    private static ScalarExpr argument(Node node, int operand) {
        return new ScalarExpr.Arg(operand, node.input(operand).type().dtype());
    }
}

package detangle.backend.tornado;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.scalar.Region;

/** Which operations have kernels. What has none is the host's. */
final class Coverage {
    private Coverage() {}

    static boolean covers(Node node) {
        boolean types = DeviceArray.covers(node.type().dtype())
                && node.inputs().stream().allMatch(Coverage::canBeThere);
        return types
                && switch (node.op()) {
                    case TensorOp op -> covers(op, node);
                    case KernelOp op -> covers(op, node);
                };
    }

    /** Constants in other float types, also those that are rounded to them, are converted before they are copied. */
    private static boolean canBeThere(Node operand) {
        DType dtype = operand.type().dtype();
        Node stored = operand.op() instanceof TensorOp.Convert ? operand.input(0) : operand;
        return DeviceArray.covers(dtype) || dtype.isFloat() && stored.op() instanceof TensorOp.Constant;
    }

    private static boolean isF32(Node node) {
        return node.type().dtype() == DType.F32;
    }

    private static boolean covers(TensorOp op, Node node) {
        boolean sameTypes =
                node.inputs().stream().allMatch(i -> DeviceArray.covers(i.type().dtype()));
        return switch (op) {
            case TensorOp.Unary u -> sameTypes;
            case TensorOp.Binary(var f) -> sameTypes && (f != BinaryFunction.DIV || isF32(node));
            case TensorOp.Compare c -> sameTypes;
            case TensorOp.Select s -> sameTypes;
            case TensorOp.Convert c -> sameTypes;
            case TensorOp.Reshape r -> sameTypes;
            case TensorOp.StopGradient s -> sameTypes;
            case TensorOp.Broadcast b -> sameTypes;
            case TensorOp.Transpose t -> sameTypes;
            case TensorOp.Slice s -> sameTypes;
            case TensorOp.Toeplitz t -> sameTypes;
            case TensorOp.Concat c -> sameTypes;
            case TensorOp.Pad p -> sameTypes;
            case TensorOp.Gather g -> sameTypes;
            case TensorOp.GatherLast g -> sameTypes;
            case TensorOp.Reduce r ->
                sameTypes && ReduceKernel.covers(node.type().dtype());
            case TensorOp.Dot d -> isF32(node) && node.type().rank() <= 2 + ProductKernel.BATCH_AXES;
            case TensorOp.ScatterAdd s -> isF32(node);
            case TensorOp.Conv1d c -> isF32(node);
            case TensorOp.Input i -> false;
            case TensorOp.Param p -> false;
            case TensorOp.Constant c -> false;
            case TensorOp.Iota i -> false;
            case TensorOp.Transfer t -> false;
            case TensorOp.ScatterAddLast s -> false;
            case TensorOp.RandomUniform r -> false;
        };
    }

    private static boolean covers(KernelOp op, Node node) {
        return switch (op) {
            case KernelOp.Elementwise(Region region) -> ElementKernel.covers(region);
            case KernelOp.Linear l -> isF32(node);
            case KernelOp.LayerNorm l -> isF32(node);
            case KernelOp.LayerNormGrad l -> false;
            case KernelOp.Embedding e -> true;
            case KernelOp.MaskedSoftmax m -> isF32(node) && node.type().rank() <= 1 + SoftmaxKernel.ROW_AXES;
            case KernelOp.DisentangledAttention a -> isF32(node) && hasWidth(node);
            case KernelOp.PackedAttention a -> isF32(node) && hasWidth(node);
        };
    }

    private static boolean hasWidth(Node node) {
        return node.type().dim(-1).isStatic() && node.type().dim(-1).size() <= AttentionKernel.MAX_WIDTH;
    }
}

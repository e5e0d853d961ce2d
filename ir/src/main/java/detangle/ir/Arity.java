package detangle.ir;

/** How many operands an operation takes. */
final class Arity {
    private Arity() {}

    /** The number of operands, or -1 where any number will do. */
    static int of(Op op) {
        return switch (op) {
            case TensorOp.Input i -> 0;
            case TensorOp.Param p -> 0;
            case TensorOp.Constant c -> 0;
            case TensorOp.Iota i -> 0;
            case TensorOp.Unary u -> 1;
            case TensorOp.Binary b -> 2;
            case TensorOp.Compare c -> 2;
            case TensorOp.Select s -> 3;
            case TensorOp.Convert c -> 1;
            case TensorOp.Reduce r -> 1;
            case TensorOp.Dot d -> 2;
            case TensorOp.Reshape r -> 1;
            case TensorOp.Transpose t -> 1;
            case TensorOp.Broadcast b -> 1;
            case TensorOp.Slice s -> 1;
            case TensorOp.Concat c -> -1;
            case TensorOp.Pad p -> 1;
            case TensorOp.Gather g -> 2;
            case TensorOp.ScatterAdd s -> 3;
            case TensorOp.GatherLast g -> 2;
            case TensorOp.ScatterAddLast s -> 3;
            case TensorOp.Toeplitz t -> 1;
            case TensorOp.Conv1d c -> 2;
            case TensorOp.StopGradient s -> 1;
            case TensorOp.Transfer t -> 1;
            case TensorOp.RandomUniform r -> 1;
            case KernelOp.Elementwise e -> e.region().arguments().size();
            case KernelOp.Linear l -> l.bias() ? 3 : 2;
            case KernelOp.LayerNorm l -> l.residual() ? 4 : 3;
            case KernelOp.LayerNormGrad l -> l.residual() ? 4 : 3;
            case KernelOp.Embedding e -> e.masked() ? 5 : 4;
            case KernelOp.MaskedSoftmax m -> 2;
            case KernelOp.DisentangledAttention a -> 4 + positionOperands(a.c2p(), a.p2c());
            case KernelOp.PackedAttention a -> 7 + positionOperands(a.c2p(), a.p2c());
        };
    }

    /** Tables of positions, and the index into them. */
    private static int positionOperands(boolean c2p, boolean p2c) {
        return (c2p ? 1 : 0) + (p2c ? 1 : 0) + (c2p || p2c ? 1 : 0);
    }
}

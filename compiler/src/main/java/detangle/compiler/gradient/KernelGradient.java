package detangle.compiler.gradient;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.LayerNormGrad.Result;
import detangle.ir.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rules for kernels whose gradient is cheaper than that of their primitives. Each gives what the primitives give, up to
 * rounding. A kernel without a rule is differentiated through its primitives.
 */
final class KernelGradient {
    private final Builder b;

    KernelGradient(Builder b) {
        this.b = b;
    }

    Optional<Flow.Rule> rule(KernelOp op) {
        return switch (op) {
            case KernelOp.LayerNorm o -> Optional.of((node, dy, flow) -> layerNorm(o, node, dy, flow));
            case KernelOp.Linear o -> Optional.empty();
            case KernelOp.Embedding o -> Optional.empty();
            case KernelOp.MaskedSoftmax o -> Optional.empty();
            case KernelOp.DisentangledAttention o -> Optional.empty();
            case KernelOp.PackedAttention o -> Optional.empty();
            case KernelOp.Elementwise o -> Optional.empty();
            case KernelOp.LayerNormGrad o -> Optional.empty();
            case KernelOp.DisentangledAttentionGrad o -> Optional.empty();
            case KernelOp.PackedAttentionGrad o -> Optional.empty();
        };
    }

    private void layerNorm(KernelOp.LayerNorm op, Node node, Node dy, Flow flow) {
        List<Node> operands =
                new ArrayList<>(node.inputs().subList(0, node.inputs().size() - 1));
        operands.add(dy);
        int gamma = node.inputs().size() - 2;
        Node dx = layerNormGrad(op, Result.DX, operands);
        flow.to(0, () -> dx);
        if (op.residual()) {
            flow.to(1, () -> dx);
        }
        flow.to(gamma, () -> stored(layerNormGrad(op, Result.DGAMMA, operands), node.input(gamma)));
        flow.to(gamma + 1, () -> stored(layerNormGrad(op, Result.DBETA, operands), node.input(gamma + 1)));
    }

    private Node layerNormGrad(KernelOp.LayerNorm op, Result result, List<Node> operands) {
        return b.op(new KernelOp.LayerNormGrad(op.epsilon(), op.residual(), result), operands);
    }

    /** A gradient in the element type that an operand is stored in. */
    private Node stored(Node gradient, Node operand) {
        DType dtype = operand.type().dtype();
        return b.convert(gradient, dtype);
    }
}

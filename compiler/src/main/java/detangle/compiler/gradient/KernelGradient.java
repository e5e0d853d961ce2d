package detangle.compiler.gradient;

import detangle.ir.Activation;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Idioms;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.KernelOp.LayerNormGrad.Result;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Rules for kernels whose gradient is cheaper than that of their primitives. Each gives the same as the primitives, up
 * to rounding. A kernel without a rule is differentiated through its primitives.
 */
final class KernelGradient {
    private final Builder b;
    private final Idioms idioms;
    private final Forms forms;

    /** Passes a gradient on through another form of a node. */
    interface Forms {
        /** @param form of the node's value, over the node's operands; it may hold kernels */
        void through(Node form, Node node, Node gradient, Flow flow);
    }

    KernelGradient(Builder b, Forms forms) {
        this.b = b;
        this.idioms = new Idioms(b);
        this.forms = forms;
    }

    Optional<Flow.Rule> rule(KernelOp op) {
        return switch (op) {
            case KernelOp.LayerNorm o -> Optional.of((node, dy, flow) -> layerNorm(o, node, dy, flow));
            // Without an activation the primitives give the three products and sums that there are.
            case KernelOp.Linear(boolean bias, Activation activation) ->
                activation == Activation.NONE
                        ? Optional.empty()
                        : Optional.of((node, dy, flow) ->
                                forms.through(activated(bias, activation, node.inputs()), node, dy, flow));
            case KernelOp.Embedding o ->
                Optional.of((node, dy, flow) -> forms.through(lookedUp(o, node.inputs()), node, dy, flow));
            case KernelOp.MaskedSoftmax o -> Optional.of(this::softmax);
            case KernelOp.SumOfSquares o -> Optional.empty();
            case KernelOp.DisentangledAttention o ->
                Optional.of(
                        attention(o.c2p(), o.p2c(), 4, result -> new KernelOp.DisentangledAttentionGrad(o, result)));
            case KernelOp.PackedAttention o ->
                Optional.of(attention(o.c2p(), o.p2c(), 7, result -> new KernelOp.PackedAttentionGrad(o, result)));
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

    /** Converts a gradient to the element type that an operand is stored in. */
    private Node stored(Node gradient, Node operand) {
        return b.convert(gradient, operand.type().dtype());
    }

    /**
     * Differentiates a linear layer without its activation and then the activation, whose gradient reads the layer's
     * result.
     */
    private Node activated(boolean bias, Activation activation, List<Node> operands) {
        return idioms.activation(activation, b.op(new KernelOp.Linear(bias, Activation.NONE), operands));
    }

    /** Differentiates the look-up of rows, which costs little to repeat, and then layer norm and the mask. */
    private Node lookedUp(KernelOp.Embedding op, List<Node> in) {
        Node rows = b.convert(b.gather(in.get(1), in.get(0)), DType.F32);
        Node normalised = b.op(new KernelOp.LayerNorm(op.epsilon(), false), rows, in.get(2), in.get(3));
        return op.masked() ? b.select(in.get(4), normalised, b.constant(DType.F32, 0)) : normalised;
    }

    /** Computes {@code dx = p (dy - sum of dy p)}, where dy counts as 0 outside of the mask. */
    private void softmax(Node p, Node dy, Flow flow) {
        flow.to(0, () -> {
            Node seen = b.select(p.input(1), dy, b.constant(dy.type().dtype(), 0));
            return b.mul(p, b.sub(seen, b.reduce(ReduceFunction.SUM, b.mul(seen, p), -1)));
        });
    }

    /**
     * Passes on the gradients of attention, which are results of one operation.
     *
     * @param tables the first operand that is a table of positions
     * @param results the operation with each of its results
     */
    private Flow.Rule attention(boolean c2p, boolean p2c, int tables, Function<AttentionGradient, KernelOp> results) {
        return (node, dy, flow) -> {
            List<Node> operands = new ArrayList<>(node.inputs());
            operands.add(dy);
            flow.to(0, () -> b.op(results.apply(AttentionGradient.DQ), operands));
            flow.to(1, () -> b.op(results.apply(AttentionGradient.DK), operands));
            flow.to(2, () -> b.op(results.apply(AttentionGradient.DV), operands));
            if (c2p) {
                flow.to(tables, () -> b.op(results.apply(AttentionGradient.DPK), operands));
            }
            if (p2c) {
                flow.to(c2p ? tables + 1 : tables, () -> b.op(results.apply(AttentionGradient.DPQ), operands));
            }
        };
    }
}

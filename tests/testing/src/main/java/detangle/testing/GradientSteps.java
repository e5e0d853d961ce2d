package detangle.testing;

import static detangle.testing.Draft.TABLE_ROWS;
import static detangle.testing.Draft.hasStaticWidth;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Steps that write kernels of gradients. No pass makes one out of primitives, as whoever needs a gradient asks for the
 * kernel.
 */
final class GradientSteps {
    private final Draft draft;
    private final Random random;
    private final Builder b;
    private final IdiomSteps idioms;

    GradientSteps(Draft draft, IdiomSteps idioms) {
        this.draft = draft;
        this.random = draft.random;
        this.b = draft.b;
        this.idioms = idioms;
    }

    private <T> List<T> some(List<T> all) {
        List<T> results = new ArrayList<>(all);
        Collections.shuffle(results, random);
        return results.subList(0, 1 + random.nextInt(results.size()));
    }

    /**
     * Some of the gradients of a layer norm. Rows are small beside epsilon: otherwise dx is the small rest of large
     * terms, and its rounding errors are of its own size.
     */
    Node layerNormGrad(Node x) {
        if (!hasStaticWidth(x) || x.type().dim(-1).size() < 2) {
            return x;
        }
        boolean residual = random.nextBoolean();
        List<Node> operands = new ArrayList<>(List.of(b.unary(UnaryFunction.TANH, x)));
        if (residual) {
            operands.add(b.unary(UnaryFunction.TANH, idioms.withPartnerOfSameShape(x)));
        }
        operands.add(draft.parameter(x.type().dim(-1).size()));
        operands.add(b.unary(UnaryFunction.TANH, idioms.withPartnerOfSameShape(x)));
        // In one sum, as several results of one operation are seldom all read otherwise.
        Node sum = draft.scalar(0);
        for (KernelOp.LayerNormGrad.Result result : some(List.of(KernelOp.LayerNormGrad.Result.values()))) {
            Node gradient = b.op(new KernelOp.LayerNormGrad(0.5, residual, result), operands);
            sum = b.add(sum, b.mul(gradient, draft.scalar(0.1)));
        }
        return sum;
    }

    /**
     * Some of the gradients of attention over inputs, padded or packed. They are added up, so that all of them are
     * read.
     */
    Node attentionGrad() {
        Dim heads = Dim.of(1 + random.nextInt(3));
        Dim size = Dim.of(draft.size());
        boolean packed = random.nextBoolean();
        Dim rows = draft.batch.times(draft.length);
        Shape shape = packed ? Shape.of(rows, heads, size) : Shape.of(draft.batch, draft.length, heads, size);
        List<Node> operands = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            operands.add(heads(shape));
        }
        if (packed) {
            Node begins = b.mul(b.iota(TensorType.of(DType.I32, draft.batch.plus(1)), 0), number(draft.length));
            Node positions = b.reshape(b.iota(TensorType.of(DType.I32, draft.batch, draft.length), 1), rows);
            operands.addAll(List.of(begins, begins, positions, positions));
        } else {
            operands.add(draft.mask(Shape.of(draft.batch, Dim.of(1), draft.length, draft.length)));
        }
        boolean c2p = random.nextInt(4) > 0;
        boolean p2c = random.nextInt(4) > 0;
        for (int i = 0; i < (c2p ? 1 : 0) + (p2c ? 1 : 0); i++) {
            operands.add(b.unary(UnaryFunction.TANH, draft.parameter(heads.size(), TABLE_ROWS, size.size())));
        }
        if (c2p || p2c) {
            operands.add(
                    draft.input(TensorType.of(DType.I32, draft.length.times(2).plus(-1))));
        }
        operands.add(heads(shape));
        List<AttentionGradient> results = new ArrayList<>(List.of(AttentionGradient.values()));
        results.removeIf(r -> r == AttentionGradient.DPK && !c2p || r == AttentionGradient.DPQ && !p2c);
        Node sum = draft.scalar(0);
        for (AttentionGradient result : some(results)) {
            Node gradient = b.op(op(packed, c2p, p2c, result), operands);
            // Those of tables have a shape of their own, which sums of elements have not.
            sum = b.add(sum, b.mul(sumOfRows(gradient), draft.scalar(0.1)));
        }
        return sum;
    }

    private KernelOp op(boolean packed, boolean c2p, boolean p2c, AttentionGradient result) {
        return packed
                ? new KernelOp.PackedAttentionGrad(new KernelOp.PackedAttention(0.5, c2p, p2c, draft.length), result)
                : new KernelOp.DisentangledAttentionGrad(new KernelOp.DisentangledAttention(0.5, c2p, p2c), result);
    }

    /** Small numbers: dP minus its mean is the small rest of large terms otherwise. */
    private Node heads(Shape shape) {
        return b.unary(UnaryFunction.TANH, draft.input(new TensorType(DType.F32, shape)));
    }

    /** Returns a size as i32[1]. */
    private Node number(Dim size) {
        return b.iota(TensorType.of(DType.I32, Dim.of(1)), 0, size);
    }

    /** Returns a row of the last axis, with as many axes as are needed for it to broadcast. */
    private Node sumOfRows(Node x) {
        Node sum = x;
        for (int axis = 0; axis < x.type().rank() - 1; axis++) {
            sum = b.reduce(ReduceFunction.SUM, sum, axis);
        }
        return b.reshape(sum, x.type().dim(-1));
    }
}

package detangle.testing;

import static detangle.testing.Draft.TABLE_ROWS;
import static detangle.testing.Draft.hasStaticWidth;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Steps that write what models consist of in primitives, as passes look for it. */
final class IdiomSteps {
    private final Draft draft;
    private final Random random;
    private final Builder b;

    IdiomSteps(Draft draft) {
        this.draft = draft;
        this.random = draft.random;
        this.b = draft.b;
    }

    Node linear(Node x) {
        if (!hasStaticWidth(x) || x.type().rank() < 2) {
            return x;
        }
        int out = draft.size();
        Node weight = draft.parameter(out, x.type().dim(-1).size());
        Node product = b.mul(b.dotTransposed(x, weight), draft.scalar(1));
        return random.nextBoolean() ? product : b.add(product, draft.parameter(out));
    }

    Node layerNorm(Node x) {
        if (!hasStaticWidth(x) || x.type().dim(-1).size() < 2) {
            return x;
        }
        return normalised(random.nextBoolean() ? withPartnerOfSameShape(x) : x);
    }

    private Node normalised(Node x) {
        long size = x.type().dim(-1).size();
        Node count = draft.scalar(1.0 / size);
        Node d = b.sub(x, b.mul(b.reduce(ReduceFunction.SUM, x, -1), count));
        Node variance = b.mul(b.reduce(ReduceFunction.SUM, b.mul(d, d), -1), count);
        Node scale = b.unary(UnaryFunction.RSQRT, b.add(variance, draft.scalar(0.5)));
        return b.add(b.mul(b.mul(d, scale), draft.parameter(size)), draft.parameter(size));
    }

    /**
     * Some of the gradients of a layer norm. No pass makes this kernel-level operation out of primitives, as whoever needs
     * a gradient asks for the kernel. Rows are small beside epsilon: otherwise dx is the small rest of large terms, and its
     * rounding errors are of its own size.
     */
    Node layerNormGrad(Node x) {
        if (!hasStaticWidth(x) || x.type().dim(-1).size() < 2) {
            return x;
        }
        boolean residual = random.nextBoolean();
        List<Node> operands = new ArrayList<>(List.of(b.unary(UnaryFunction.TANH, x)));
        if (residual) {
            operands.add(b.unary(UnaryFunction.TANH, withPartnerOfSameShape(x)));
        }
        operands.add(draft.parameter(x.type().dim(-1).size()));
        operands.add(b.unary(UnaryFunction.TANH, withPartnerOfSameShape(x)));
        for (KernelOp.LayerNormGrad.Result result : KernelOp.LayerNormGrad.Result.values()) {
            if (random.nextBoolean()) {
                Node gradient = b.op(new KernelOp.LayerNormGrad(0.5, residual, result), operands);
                draft.floats.add(b.clamp(b.mul(gradient, draft.scalar(0.1)), -50, 50));
            }
        }
        return draft.floats.getLast();
    }

    private Node withPartnerOfSameShape(Node x) {
        return b.add(
                x,
                draft.pick(draft.floats.stream()
                        .filter(y -> y.shape().equals(x.shape()))
                        .toList()));
    }

    Node softmax(Node x) {
        if (x.type().rank() == 0) {
            return x;
        }
        return softmax(x, draft.mask(x.shape()));
    }

    private Node softmax(Node x, Node mask) {
        Node z = b.select(mask, x, draft.scalar(Double.NEGATIVE_INFINITY));
        Node e = b.unary(UnaryFunction.EXP, b.sub(z, b.reduce(ReduceFunction.MAX, z, -1)));
        return b.select(mask, b.div(e, b.reduce(ReduceFunction.SUM, e, -1)), draft.scalar(0));
    }

    Node gelu(Node x) {
        DType type = x.type().dtype();
        Node erf = b.unary(UnaryFunction.ERF, b.mul(x, b.constant(type, Math.sqrt(0.5))));
        return b.mul(b.mul(x, b.constant(type, 0.5)), b.add(erf, b.constant(type, 1)));
    }

    Node embedding() {
        Node rows = b.gather(draft.parameter(TABLE_ROWS, 2 + draft.size()), draft.ids());
        Node mask = draft.mask(Shape.of(draft.batch, draft.length, Dim.of(1)));
        return b.select(mask, normalised(rows), draft.scalar(0));
    }

    /** Attention with positions: an index of whole numbers through clamp, look-ups and a masked softmax. */
    Node attention() {
        Dim batch = draft.batch;
        Dim length = draft.length;
        int heads = 1 + random.nextInt(3);
        int width = draft.size();
        int rows = 2 * (1 + random.nextInt(6));
        TensorType index = TensorType.of(DType.I32, length, length);
        Node difference = b.sub(b.iota(index, 0), b.iota(index, 1));
        Node clamped = b.clamp(b.add(difference, b.constant(DType.I32, rows / 2)), 0, rows - 1);
        TensorType type = TensorType.of(DType.F32, batch, length, Dim.of((long) heads * width));
        List<Node> qkv = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Node split = b.reshape(draft.input(type), batch, length, Dim.of(heads), Dim.of(width));
            qkv.add(b.transpose(split, 0, 2, 1, 3));
        }
        Node scores = b.dotTransposed(qkv.get(0), qkv.get(1));
        if (random.nextInt(4) > 0) {
            Node pk = draft.parameter(heads, rows, width);
            scores = b.add(scores, b.gatherLast(b.dotTransposed(qkv.get(0), pk), clamped));
        }
        if (random.nextInt(4) > 0) {
            Node pq = draft.parameter(heads, rows, width);
            Node byKey = b.gatherLast(b.dotTransposed(qkv.get(1), pq), b.transpose(clamped, 1, 0));
            scores = b.add(scores, b.transpose(byKey, 0, 1, 3, 2));
        }
        Node mask = draft.mask(Shape.of(batch, Dim.of(1), length, length));
        Node probabilities = softmax(
                b.mul(scores, draft.scalar(1 / Math.sqrt(width * 3.0))),
                random.nextInt(4) > 0 ? mask : b.broadcast(mask, scores.shape()));
        return b.transpose(b.dot(probabilities, qkv.get(2)), 0, 2, 1, 3);
    }
}

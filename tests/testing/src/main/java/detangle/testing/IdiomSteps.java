package detangle.testing;

import static detangle.testing.Draft.TABLE_ROWS;
import static detangle.testing.Draft.hasStaticWidth;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.KernelOp;
import detangle.ir.Node;
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
    private final Idioms idioms;

    IdiomSteps(Draft draft) {
        this.draft = draft;
        this.random = draft.random;
        this.b = draft.b;
        this.idioms = new Idioms(b);
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
        Node gamma = draft.parameter(size);
        return idioms.layerNorm(x, gamma, draft.parameter(size), 0.5);
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
        return idioms.maskedSoftmax(x, draft.mask(x.shape()));
    }

    Node gelu(Node x) {
        return idioms.gelu(x);
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
        List<Node> terms = new ArrayList<>();
        if (random.nextInt(4) > 0) {
            terms.add(idioms.contentToPosition(qkv.get(0), draft.parameter(heads, rows, width), clamped));
        }
        if (random.nextInt(4) > 0) {
            terms.add(idioms.positionToContent(qkv.get(1), draft.parameter(heads, rows, width), clamped));
        }
        Node scores = idioms.attentionScores(qkv.get(0), qkv.get(1), terms, 1 / Math.sqrt(width * 3.0));
        Node mask = draft.mask(Shape.of(batch, Dim.of(1), length, length));
        Node probabilities =
                idioms.maskedSoftmax(scores, random.nextInt(4) > 0 ? mask : b.broadcast(mask, scores.shape()));
        return b.transpose(b.dot(probabilities, qkv.get(2)), 0, 2, 1, 3);
    }
}

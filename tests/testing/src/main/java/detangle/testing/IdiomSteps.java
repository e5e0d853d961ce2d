package detangle.testing;

import static detangle.testing.Draft.TABLE_ROWS;
import static detangle.testing.Draft.hasStaticWidth;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
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
        return linear(x, draft.size());
    }

    private Node linear(Node x, long out) {
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

    Node withPartnerOfSameShape(Node x) {
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

    /** Divided by its length, nearly. */
    Node shorter(Node x) {
        Node squares = b.add(idioms.sumOfSquares(x), draft.scalar(1));
        return b.mul(x, b.unary(UnaryFunction.RSQRT, squares));
    }

    Node embedding() {
        Node rows = lookup();
        return embedding(rows, draft.mask(Shape.of(draft.batch, draft.length, Dim.of(1))));
    }

    /** @param mask {@code i1[B,S,1]} */
    Node embedding(Node mask) {
        return embedding(lookup(), mask);
    }

    private Node lookup() {
        return b.gather(draft.parameter(TABLE_ROWS, 2 + draft.size()), draft.ids());
    }

    private Node embedding(Node rows, Node mask) {
        return b.select(mask, normalised(rows), draft.scalar(0));
    }

    /** Attention over inputs, where each query has a mask of its own, now and then with dropout. */
    Node attention() {
        Heads heads = heads();
        TensorType type = TensorType.of(DType.F32, draft.batch, draft.length, Dim.of(heads.width()));
        List<Node> qkv = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            qkv.add(split(draft.input(type), heads));
        }
        Node scores = scores(heads, qkv.get(0), qkv.get(1));
        Node mask = draft.mask(Shape.of(draft.batch, Dim.of(1), draft.length, draft.length));
        Node probabilities =
                idioms.maskedSoftmax(scores, random.nextInt(4) > 0 ? mask : b.broadcast(mask, scores.shape()));
        if (!draft.portable && random.nextInt(3) == 0) {
            Node seed = b.constant(DType.I64, random.nextInt(99));
            Node uniform = b.op(new TensorOp.RandomUniform(probabilities.type(), random.nextInt(9)), seed);
            probabilities = idioms.dropout(probabilities, 0.25, uniform);
        }
        return b.transpose(b.dot(probabilities, qkv.get(2)), 0, 2, 1, 3);
    }

    /**
     * Attention over projections of x.
     *
     * @param x {@code [B,S,H]}, as is the result, for another H
     * @param mask {@code i1[B,1,S,S]}
     */
    Node selfAttention(Node x, Node mask) {
        Heads heads = heads();
        List<Node> qkv = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            qkv.add(split(linear(x, heads.width()), heads));
        }
        Node probabilities = idioms.maskedSoftmax(scores(heads, qkv.get(0), qkv.get(1)), mask);
        Node context = b.transpose(b.dot(probabilities, qkv.get(2)), 0, 2, 1, 3);
        return b.reshape(context, draft.batch, draft.length, Dim.of(heads.width()));
    }

    /** @param rows of the tables of positions */
    private record Heads(int count, int size, int rows) {
        long width() {
            return (long) count * size;
        }
    }

    private Heads heads() {
        return new Heads(1 + random.nextInt(3), draft.size(), 2 * (1 + random.nextInt(6)));
    }

    private Node split(Node x, Heads heads) {
        Node split = b.reshape(x, draft.batch, draft.length, Dim.of(heads.count()), Dim.of(heads.size()));
        return b.transpose(split, 0, 2, 1, 3);
    }

    /** Scores of heads with terms of positions: an index of whole numbers through clamp and look-ups. */
    private Node scores(Heads heads, Node q, Node k) {
        int rows = heads.rows();
        TensorType index = TensorType.of(DType.I32, draft.length, draft.length);
        Node difference = b.sub(b.iota(index, 0), b.iota(index, 1));
        Node clamped = b.clamp(b.add(difference, b.constant(DType.I32, rows / 2)), 0, rows - 1);
        List<Node> terms = new ArrayList<>();
        if (random.nextInt(4) > 0) {
            terms.add(idioms.contentToPosition(q, draft.parameter(heads.count(), rows, heads.size()), clamped));
        }
        if (random.nextInt(4) > 0) {
            terms.add(idioms.positionToContent(k, draft.parameter(heads.count(), rows, heads.size()), clamped));
        }
        return idioms.attentionScores(q, k, terms, 1 / Math.sqrt(heads.size() * 3.0));
    }
}

package detangle.models.gliner2;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.UnaryFunction;
import detangle.models.deberta.Layers;

/** Writes attention without positions, for the small transformers behind the encoder. */
final class SmallAttention {
    private SmallAttention() {}

    /** Writes self-attention as PyTorch's MultiheadAttention does, of {@code [I,M,width]} over M. */
    static Node of(Layers layers, Node x, long width, long heads) {
        Builder b = layers.builder();
        Node all = b.add(
                b.dotTransposed(x, layers.param("in_proj_weight", 3 * width, width)),
                layers.param("in_proj_bias", 3 * width));
        long size = width / heads;
        Node[] parts = new Node[3];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = b.transpose(layers.splitHeads(part(b, all, i, width), heads, size), 0, 2, 1, 3);
        }
        Node scores = b.mul(b.dotTransposed(parts[0], parts[1]), b.constant(DType.F32, 1 / Math.sqrt(size)));
        Node context = b.transpose(b.dot(softmax(b, scores), parts[2]), 0, 2, 1, 3);
        return layers.linear("out_proj", b.reshape(context, x.shape()), width, width);
    }

    /** Writes one of the equal parts of each row. */
    static Node part(Builder b, Node x, int index, long width) {
        return b.slice(x, -1, index * width, (index + 1) * width);
    }

    /** Writes a softmax over the last axis. */
    static Node softmax(Builder b, Node scores) {
        Node exponentials = b.unary(UnaryFunction.EXP, b.sub(scores, b.reduce(ReduceFunction.MAX, scores, -1)));
        return b.div(exponentials, b.reduce(ReduceFunction.SUM, exponentials, -1));
    }
}

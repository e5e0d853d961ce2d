package detangle.models.gliner;

import detangle.ir.Builder;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.models.deberta.Layers;
import java.util.List;

/**
 * Writes the layers in which words and labels attend to each other before they are compared
 * (gliner/modeling/layers.py:199-410). The original passes its masks to an argument that it does not read, so padded
 * words take part in a batch. Here they do not.
 */
final class CrossFusionLayers {
    /** The epsilon of torch.nn.LayerNorm. */
    private static final double EPSILON = 1e-5;

    private final CrossFusion fusion;
    private final Layers layers;
    private final int width;

    CrossFusionLayers(CrossFusion fusion, Layers top, int width) {
        this.fusion = fusion;
        this.layers = top.scope("cross_fuser.layers");
        this.width = width;
    }

    /** States {@code f32[B,N,D]}, and their mask {@code i1[B,1,1,N]}, true where there is a state. */
    record Sequence(Node states, Node mask) {
        private Sequence with(Node other) {
            return new Sequence(other, mask);
        }
    }

    /** Returns the states of words and of labels after all layers. */
    List<Node> fused(Sequence words, Sequence labels) {
        Sequence text = words;
        Sequence asked = labels;
        for (int layer = 0; layer < fusion.layers(); layer++) {
            for (int i = 0; i < fusion.steps().size(); i++) {
                CrossFusion.Step step = fusion.steps().get(i);
                Layers block = layers.scope(layer + "." + i);
                Sequence renewed = step.renewsWords() ? text : asked;
                Sequence read = step.readsWords() ? text : asked;
                Node next = step.renewsWords() == step.readsWords()
                        ? self(block, renewed)
                        : cross(block, renewed.states(), read);
                if (step.renewsWords()) {
                    text = text.with(next);
                } else {
                    asked = asked.with(next);
                }
            }
        }
        return List.of(text.states(), asked.states());
    }

    /** Writes self-attention. The normalised input is also the residual, so the input itself is not added. */
    private Node self(Layers block, Sequence sequence) {
        Node x = block.layerNorm("pre_norm", sequence.states(), width, EPSILON);
        Node q = block.linear("q_proj", x, width, width);
        Node k = block.linear("k_proj", x, width, width);
        Node v = block.linear("v_proj", x, width, width);
        Node attended = attention(block.scope("self_attn"), q, k, v, sequence.mask());
        return block.layerNorm("post_norm", block.builder().add(x, attended), width, EPSILON);
    }

    private Node cross(Layers block, Node states, Sequence read) {
        Node q = block.layerNorm("pre_norm", states, width, EPSILON);
        Node v = block.linear("v_proj", read.states(), width, width);
        Node attended = attention(block.scope("cross_attn"), q, read.states(), v, read.mask());
        return block.layerNorm("post_norm", block.builder().add(q, attended), width, EPSILON);
    }

    private Node attention(Layers attention, Node q, Node k, Node v, Node mask) {
        Builder b = attention.builder();
        Idioms idioms = new Idioms(b);
        int size = width / fusion.heads();
        Node queries = heads(attention, "query_layer", q, size);
        Node keys = heads(attention, "key_layer", k, size);
        Node values = heads(attention, "value_layer", v, size);
        Node scores = idioms.attentionScores(queries, keys, List.of(), 1 / Math.sqrt(size));
        Node context = b.dot(idioms.maskedSoftmax(scores, mask), values);
        return b.reshape(b.transpose(context, 0, 2, 1, 3), q.shape());
    }

    private Node heads(Layers attention, String name, Node x, int size) {
        Node projected = attention.linear(name, x, width, width);
        return attention.builder().transpose(attention.splitHeads(projected, fusion.heads(), size), 0, 2, 1, 3);
    }
}

package detangle.models.gliclass;

/** The ways to compare a text with labels (gliclass/scorers.py). */
public sealed interface LabelScorer {
    /** {@code simple}: a product of the two vectors. */
    record Dot() implements LabelScorer {}

    /** {@code weighted-dot}: a network reads halves of the projected vectors and the product of the other halves. */
    record WeightedDot() implements LabelScorer {}

    /** {@code mlp}: a network reads both vectors side by side. */
    record Mlp() implements LabelScorer {}

    /** {@code hopfield}: labels attend to the text, with a softmax over the labels, and a network reads the result. */
    record Hopfield() implements LabelScorer {}

    /**
     * {@code cross-attn}: labels attend to the tokens of the text, and a network reads the result beside the labels.
     *
     * @param heads the number of heads
     * @param innerWidth the width inside the network
     */
    record CrossAttention(int heads, int innerWidth) implements LabelScorer {}
}

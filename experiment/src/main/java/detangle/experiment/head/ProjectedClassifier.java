package detangle.experiment.head;

import detangle.ir.Node;
import detangle.models.deberta.EncoderOutput;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;

/** The last layers of the original's heads: {@code classifier(dropout(gelu(proj(x))))}. */
final class ProjectedClassifier {
    private ProjectedClassifier() {}

    /**
     * Returns the logits of states, {@code f32[..,labels]}.
     *
     * @param states {@code f32[..,width]}
     * @param width the width of the states; that of the projection is the encoder's hidden size
     * @param labels the number of classes
     */
    static Node logits(EncoderOutput encoder, Node states, long width, int labels) {
        Layers layers = encoder.layers();
        int hidden = encoder.config().hiddenSize();
        Node projected = layers.linear("proj", states, width, hidden);
        Node kept = layers.dropout(
                "dropout",
                encoder.config().dropout().classifier(),
                layers.activation(HiddenActivation.GELU, projected));
        return layers.linear("classifier", kept, hidden, labels);
    }
}

package detangle.models.deberta;

/**
 * The probability with which training drops an element, by the kind of place.
 *
 * @param hidden embeddings, the table of relative positions, the outputs of attention and of the feed-forward part, the
 *     convolution, and what goes into the classifier of tokens; HuggingFace's {@code hidden_dropout_prob}
 * @param attention probabilities of attention; {@code attention_probs_dropout_prob}
 * @param pooler the state of the first token in front of the pooler; {@code pooler_dropout}
 * @param classifier what goes into the classifier of sequences and of choices; {@code cls_dropout}
 */
public record DropoutRates(double hidden, double attention, double pooler, double classifier) {
    public DropoutRates withHidden(double rate) {
        return new DropoutRates(rate, attention, pooler, classifier);
    }

    public DropoutRates withAttention(double rate) {
        return new DropoutRates(hidden, rate, pooler, classifier);
    }

    public DropoutRates withPooler(double rate) {
        return new DropoutRates(hidden, attention, rate, classifier);
    }

    public DropoutRates withClassifier(double rate) {
        return new DropoutRates(hidden, attention, pooler, rate);
    }
}

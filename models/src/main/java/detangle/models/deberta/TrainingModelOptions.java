package detangle.models.deberta;

import java.util.List;
import java.util.Optional;

/**
 * Variations of a model's program with its loss.
 *
 * @param model variations of the model itself; hidden states and attentions are not outputs here
 * @param loss variations of the loss
 * @param softLabels whether labels of sequence classification are distributions, {@code f32[B,L]}, and not classes
 * @param lossDivisor whether the sum of the rows' losses is divided by the input {@link InputNames#LOSS_DIVISOR} and
 *     not by their number, so that parts of a batch add up to the loss of the whole batch
 * @param answersAtTokens whether question answering looks for answers at tokens alone. HuggingFace's loss is a softmax
 *     over all positions, those of padding too, so that it depends on how far a batch is padded, and cannot be packed
 * @param dropout whether elements are dropped; evaluation drops none
 * @param dropoutRates the rates of dropout that differ from the configuration's
 * @param sift the options of SiFT; empty if the model is fine-tuned without it
 */
public record TrainingModelOptions(
        ModelOptions model,
        LossOptions loss,
        boolean softLabels,
        boolean lossDivisor,
        boolean answersAtTokens,
        boolean dropout,
        Optional<DropoutRates> dropoutRates,
        Optional<SiftOptions> sift) {

    /**
     * The options of a head of one's own: elements are dropped as the configuration says; distances are read as
     * HuggingFace's code does.
     */
    public static final TrainingModelOptions DEFAULT = of(Architecture.ENCODER);

    /**
     * Returns what a head is trained with if nobody says otherwise: elements are dropped as the configuration says; a
     * masked LM predicts the rows that it is told; the reading of distances and the treatment of padding are those of
     * the code that defines the head.
     */
    public static TrainingModelOptions of(Architecture head) {
        ModelOptions model = ModelOptions.DEFAULT
                .with(head.convention())
                .withHiddenStates(false)
                .with(head == Architecture.QUESTION_ANSWERING ? PaddedStates.UNIFORM : PaddedStates.NOTHING)
                .withMaskedRows(head.predictsMasks());
        return new TrainingModelOptions(
                model, LossOptions.DEFAULT, false, false, false, true, Optional.empty(), Optional.empty());
    }

    public TrainingModelOptions with(ModelOptions other) {
        return new TrainingModelOptions(
                other, loss, softLabels, lossDivisor, answersAtTokens, dropout, dropoutRates, sift);
    }

    public TrainingModelOptions with(LossOptions other) {
        return new TrainingModelOptions(
                model, other, softLabels, lossDivisor, answersAtTokens, dropout, dropoutRates, sift);
    }

    public TrainingModelOptions withLabelSmoothing(double share) {
        return with(loss.withLabelSmoothing(share));
    }

    public TrainingModelOptions withClassWeights(List<Double> weights) {
        return with(loss.withClassWeights(weights));
    }

    public TrainingModelOptions withSoftLabels(boolean wanted) {
        return new TrainingModelOptions(model, loss, wanted, lossDivisor, answersAtTokens, dropout, dropoutRates, sift);
    }

    public TrainingModelOptions withLossDivisor(boolean wanted) {
        return new TrainingModelOptions(model, loss, softLabels, wanted, answersAtTokens, dropout, dropoutRates, sift);
    }

    /** Padding then needs no values, and padded queries attend to nothing. */
    public TrainingModelOptions withAnswersAtTokens(boolean wanted) {
        return new TrainingModelOptions(
                model.with(wanted ? PaddedStates.NOTHING : PaddedStates.UNIFORM),
                loss,
                softLabels,
                lossDivisor,
                wanted,
                dropout,
                dropoutRates,
                sift);
    }

    public TrainingModelOptions withDropout(boolean wanted) {
        return new TrainingModelOptions(
                model, loss, softLabels, lossDivisor, answersAtTokens, wanted, dropoutRates, sift);
    }

    public TrainingModelOptions withDropoutRates(DropoutRates rates) {
        return new TrainingModelOptions(
                model, loss, softLabels, lossDivisor, answersAtTokens, dropout, Optional.of(rates), sift);
    }

    /**
     * Returns the same options with SiFT: the answers under a perturbation of the embeddings then count in the loss.
     */
    public TrainingModelOptions with(SiftOptions other) {
        return sifting(Optional.of(other));
    }

    public TrainingModelOptions withoutSift() {
        return sifting(Optional.empty());
    }

    private TrainingModelOptions sifting(Optional<SiftOptions> other) {
        return new TrainingModelOptions(
                model, loss, softLabels, lossDivisor, answersAtTokens, dropout, dropoutRates, other);
    }
}

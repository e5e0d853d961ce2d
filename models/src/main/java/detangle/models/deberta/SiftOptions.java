package detangle.models.deberta;

import java.util.Optional;

/**
 * Options of SiFT, scale-invariant fine-tuning (He et al. 2021, DeBERTa, section 4): the embeddings of each batch are
 * normalised and perturbed in the direction in which the model's answers change the most, and the model learns to
 * answer as it did without the perturbation. Options have the names and defaults of microsoft's apps.run.
 *
 * @param lambda the weight of the adversarial loss beside the loss of the task ({@code vat_lambda}). The original's
 *     default is 0, which means no SiFT; it recommends 5
 * @param learningRate the largest element of the step that a token takes from its noise ({@code vat_learning_rate})
 * @param initPerturbation the standard deviation of the noise at which the step begins ({@code vat_init_perturbation})
 * @param lossFunction the distance that the step makes larger ({@code vat_loss_fn}); if empty, symmetric KL, or the
 *     squared error where answers are numbers
 * @param softmaxOverBatch whether the answers of regression are compared as one distribution over the rows of a batch,
 *     as in microsoft's code. They then depend on the rows that are together, and a batch of one row has no gradient;
 *     otherwise the squared differences of the numbers are taken
 */
public record SiftOptions(
        double lambda,
        double learningRate,
        double initPerturbation,
        Optional<SiftLossFunction> lossFunction,
        boolean softmaxOverBatch) {
    /** The options that microsoft recommends for MNLI. */
    public static final SiftOptions DEFAULT = new SiftOptions(5, 1e-4, 1e-2, Optional.empty(), false);

    /** @throws LossException if a number is outside its range */
    public SiftOptions {
        if (!(lambda > 0 && lambda < Double.POSITIVE_INFINITY)) {
            throw new LossException("vat_lambda is " + lambda + "; it must be above 0 and finite");
        }
        check("vat_learning_rate", learningRate);
        check("vat_init_perturbation", initPerturbation);
    }

    private static void check(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new LossException(name + " is " + value + "; it must be finite and not negative");
        }
    }

    public SiftOptions withLambda(double value) {
        return new SiftOptions(value, learningRate, initPerturbation, lossFunction, softmaxOverBatch);
    }

    public SiftOptions withLearningRate(double value) {
        return new SiftOptions(lambda, value, initPerturbation, lossFunction, softmaxOverBatch);
    }

    public SiftOptions withInitPerturbation(double value) {
        return new SiftOptions(lambda, learningRate, value, lossFunction, softmaxOverBatch);
    }

    public SiftOptions withLossFunction(SiftLossFunction value) {
        return new SiftOptions(lambda, learningRate, initPerturbation, Optional.of(value), softmaxOverBatch);
    }

    public SiftOptions withSoftmaxOverBatch(boolean wanted) {
        return new SiftOptions(lambda, learningRate, initPerturbation, lossFunction, wanted);
    }
}

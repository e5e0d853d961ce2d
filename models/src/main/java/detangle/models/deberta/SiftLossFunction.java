package detangle.models.deberta;

import java.util.Locale;

/** The distance of two answers that SiFT's perturbation is to make large; p is the softmax of a row of logits. */
public enum SiftLossFunction {
    /** {@code CE(p_clean, p_perturbed) + CE(p_perturbed, p_clean)}: the cross entropies in both directions. */
    SYMMETRIC_KL,

    /** {@code CE(p_clean, p_perturbed)}. */
    KL,

    /** The mean of the squared differences of the logits. */
    MSE;

    /**
     * Returns the name for microsoft's option {@code vat_loss_fn}: {@code symmetric-kl}, {@code kl} or {@code mse}.
     */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

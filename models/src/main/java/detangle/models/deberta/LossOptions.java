package detangle.models.deberta;

import java.util.List;

/**
 * Variations of the losses whose labels are classes.
 *
 * @param labelSmoothing the share e of the wanted distribution that all classes get alike: a row's loss is
 *     {@code (1 - e) (-log p_label) + e mean_c(-log p_c)}, as HuggingFace's LabelSmoother and PyTorch's
 *     {@code cross_entropy} compute it; 0 for none
 * @param classWeights w, a number for each class, or an empty list if all classes weigh the same. A row's loss is
 *     {@code (1 - e) w_label (-log p_label) + e mean_c(w_c (-log p_c))}, and the mean divides by the sum of
 *     {@code w_label} over the rows, as PyTorch's {@code cross_entropy} does
 */
public record LossOptions(double labelSmoothing, List<Double> classWeights) {
    /** No smoothing, and no class weighs more than another. */
    public static final LossOptions DEFAULT = new LossOptions(0, List.of());

    /**
     * Keeps a copy of the weights.
     *
     * @throws LossException if smoothing is not from 0 to 1, or a weight is negative or not finite
     */
    public LossOptions {
        classWeights = List.copyOf(classWeights);
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new LossException("label smoothing is " + labelSmoothing + "; it must be between 0 and 1");
        }
        for (double weight : classWeights) {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new LossException("a class weight is " + weight + "; weights must be finite and not negative");
            }
        }
    }

    public LossOptions withLabelSmoothing(double share) {
        return new LossOptions(share, classWeights);
    }

    public LossOptions withClassWeights(List<Double> weights) {
        return new LossOptions(labelSmoothing, weights);
    }

    /** Returns whether a loss that knows no classes could be computed with these options. */
    boolean needClasses() {
        return labelSmoothing > 0 || !classWeights.isEmpty();
    }
}

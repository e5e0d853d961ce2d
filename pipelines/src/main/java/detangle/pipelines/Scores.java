package detangle.pipelines;

import detangle.models.deberta.DebertaConfig;
import java.util.Arrays;

/** Logits as scores. */
final class Scores {
    private Scores() {}

    static double[] of(double[] logits, FunctionToApply function) {
        return switch (function) {
            case NONE -> logits.clone();
            case SOFTMAX -> softmax(logits);
            case SIGMOID -> Arrays.stream(logits).map(Scores::sigmoid).toArray();
        };
    }

    /**
     * HuggingFace's choice for a model: one label is a probability, unless the configuration says that it is a value.
     */
    static FunctionToApply function(DebertaConfig config) {
        return config.statedProblemType()
                .map(type -> switch (type) {
                    case REGRESSION -> FunctionToApply.NONE;
                    case SINGLE_LABEL_CLASSIFICATION ->
                        config.numLabels() == 1 ? FunctionToApply.SIGMOID : FunctionToApply.SOFTMAX;
                    case MULTI_LABEL_CLASSIFICATION -> FunctionToApply.SIGMOID;
                })
                .orElse(config.numLabels() == 1 ? FunctionToApply.SIGMOID : FunctionToApply.SOFTMAX);
    }

    static double sigmoid(double logit) {
        return 1 / (1 + Math.exp(-logit));
    }

    /**
     * Returns the probability of a logit, in single precision throughout as PyTorch has it, so that those of large
     * logits are equal where they are there; none is of what is not a finite number.
     */
    static float probability(double logit) {
        return 1 / (1 + (float) Math.exp(-(float) Row.finite(logit)));
    }

    static double[] softmax(double... logits) {
        double max = Arrays.stream(logits).max().orElse(0);
        double[] exponentials =
                Arrays.stream(logits).map(x -> Math.exp(x - max)).toArray();
        double sum = Arrays.stream(exponentials).sum();
        return Arrays.stream(exponentials).map(e -> e / sum).toArray();
    }
}

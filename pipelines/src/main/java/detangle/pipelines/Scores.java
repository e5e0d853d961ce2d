package detangle.pipelines;

import detangle.models.deberta.ProblemType;
import java.util.Arrays;

/** Logits as scores. */
final class Scores {
    private Scores() {}

    static double[] of(double[] logits, ProblemType type) {
        return switch (type) {
            case REGRESSION -> logits.clone();
            case SINGLE_LABEL_CLASSIFICATION -> softmax(logits);
            case MULTI_LABEL_CLASSIFICATION ->
                Arrays.stream(logits).map(x -> 1 / (1 + Math.exp(-x))).toArray();
        };
    }

    static double[] softmax(double... logits) {
        double max = Arrays.stream(logits).max().orElse(0);
        double[] exponentials =
                Arrays.stream(logits).map(x -> Math.exp(x - max)).toArray();
        double sum = Arrays.stream(exponentials).sum();
        return Arrays.stream(exponentials).map(e -> e / sum).toArray();
    }
}

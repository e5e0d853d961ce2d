package detangle.pipelines;

import java.util.List;

/**
 * The scores of labels for a text.
 *
 * @param sequence the text
 * @param labels the labels, the best first
 * @param scores the scores of the labels, in their order
 */
public record ZeroShotResult(String sequence, List<String> labels, List<Double> scores) {
    /** Keeps copies of the lists. */
    public ZeroShotResult {
        labels = List.copyOf(labels);
        scores = List.copyOf(scores);
    }
}

package detangle.pipelines;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/** Makes the answers of a {@link LabelClassifier} from the logits of labels (gliclass/pipeline.py:251-270). */
final class LabelScores {
    private LabelScores() {}

    /** Returns the scores of labels by their logits; none for a text that cannot be answered. */
    static List<Classification> of(List<String> labels, double[] logits, LabelOptions options) {
        double[] scores = probabilities(logits, options);
        return IntStream.range(0, scores.length)
                .mapToObj(i -> new Classification(labels.get(i), scores[i]))
                .toList();
    }

    /**
     * Returns probabilities in single precision, as the original has them, so that those of large logits are equal
     * where they are there.
     */
    private static double[] probabilities(double[] logits, LabelOptions options) {
        return options.multiLabel()
                ? Arrays.stream(logits).map(Scores::probability).toArray()
                : Arrays.stream(Scores.softmax(logits)).map(p -> (float) p).toArray();
    }

    /** Returns the labels of the answer: those that reach the threshold if each is judged by itself, else the best one. */
    static List<Classification> chosen(List<Classification> scored, LabelOptions options) {
        return options.multiLabel()
                ? scored.stream()
                        .filter(label -> label.score() >= options.threshold())
                        .toList()
                : scored.stream()
                        // If two labels have the same score, the first one wins.
                        .reduce((a, b) -> b.score() > a.score() ? b : a)
                        .map(List::of)
                        .orElseGet(List::of);
    }

    /** Returns each label once, at the place where it is named first, with the score of its last place. */
    static List<Classification> distinct(List<Classification> scored) {
        SequencedMap<String, Classification> last = new LinkedHashMap<>();
        scored.forEach(one -> last.put(one.label(), one));
        return List.copyOf(last.values());
    }

    /** Refuses an empty list of labels. */
    static void requireLabels(List<String> labels) {
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to choose from");
        }
    }
}

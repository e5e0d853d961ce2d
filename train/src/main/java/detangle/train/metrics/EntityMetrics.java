package detangle.train.metrics;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The measures of entities as seqeval computes them by default: an entity is right if its type, its first word and its
 * last word are.
 *
 * @param accuracy the share of words whose tag is right; NaN if there are no words
 * @param byType the counts of the entities of each type that occurs or was predicted
 */
public record EntityMetrics(double accuracy, SortedMap<String, Counts> byType) {

    /**
     * Compares the tags of sentences.
     *
     * @param labels the tags of each sentence, such as {@code B-PER}
     * @param predictions the predicted tags, as many for each sentence
     */
    public static EntityMetrics of(List<List<String>> labels, List<List<String>> predictions) {
        if (labels.size() != predictions.size()) {
            throw new IllegalArgumentException(labels.size() + " sentences and " + predictions.size() + " predictions");
        }
        SortedMap<String, Counts> byType = new TreeMap<>();
        long words = 0;
        long right = 0;
        for (int s = 0; s < labels.size(); s++) {
            List<String> truth = labels.get(s);
            List<String> found = predictions.get(s);
            if (truth.size() != found.size()) {
                throw new IllegalArgumentException(truth.size() + " tags and " + found.size() + " predictions");
            }
            for (int i = 0; i < truth.size(); i++) {
                words++;
                right += truth.get(i).equals(found.get(i)) ? 1 : 0;
            }
            count(EntitySpan.of(truth), EntitySpan.of(found), byType);
        }
        return new EntityMetrics((double) right / words, byType);
    }

    private static void count(List<EntitySpan> truth, List<EntitySpan> found, SortedMap<String, Counts> byType) {
        Set<EntitySpan> there = new HashSet<>(truth);
        Set<EntitySpan> predicted = new HashSet<>(found);
        for (EntitySpan span : there) {
            Counts one = predicted.contains(span) ? new Counts(1, 0, 0) : new Counts(0, 0, 1);
            byType.merge(span.type(), one, Counts::plus);
        }
        for (EntitySpan span : predicted) {
            if (!there.contains(span)) {
                byType.merge(span.type(), new Counts(0, 1, 0), Counts::plus);
            }
        }
    }

    /** Returns the counts of all types together. Their precision, recall and F1 are the usual measures. */
    public Counts overall() {
        return byType.values().stream().reduce(Counts.NONE, Counts::plus);
    }

    /** Returns the mean of F1 over the types; NaN if there are no types. */
    public double macroF1() {
        return byType.values().stream().mapToDouble(Counts::f1).average().orElse(Double.NaN);
    }
}

package detangle.train.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The measures of rows that may have any number of labels, as scikit-learn computes them. */
public final class LabelSets {
    private final boolean[][] labels;
    private final boolean[][] predictions;

    /**
     * Keeps labels and predictions.
     *
     * @param labels whether each row has each label
     * @param predictions whether each row was predicted to have each label
     */
    public LabelSets(boolean[][] labels, boolean[][] predictions) {
        if (labels.length != predictions.length) {
            throw new IllegalArgumentException(labels.length + " labels and " + predictions.length + " predictions");
        }
        this.labels = labels;
        this.predictions = predictions;
    }

    /** Returns the share of rows whose labels are exactly the predicted ones. */
    public double exact() {
        long right = IntStream.range(0, labels.length)
                .filter(i -> Arrays.equals(labels[i], predictions[i]))
                .count();
        return (double) right / labels.length;
    }

    /** Returns the counts of one label. */
    public Counts of(int label) {
        Counts counts = Counts.NONE;
        for (int i = 0; i < labels.length; i++) {
            boolean there = labels[i][label];
            boolean predicted = predictions[i][label];
            counts = counts.plus(
                    new Counts(there && predicted ? 1 : 0, predicted && !there ? 1 : 0, there && !predicted ? 1 : 0));
        }
        return counts;
    }

    private IntStream all() {
        return IntStream.range(0, labels.length == 0 ? 0 : labels[0].length);
    }

    /** Returns F1 of the counts of all labels together. */
    public double microF1() {
        return all().mapToObj(this::of).reduce(Counts.NONE, Counts::plus).f1();
    }

    /** Returns the mean of F1 over all labels. F1 is 0 for a label that no row has and no row was predicted to have. */
    public double macroF1() {
        return all().mapToDouble(label -> of(label).f1()).average().orElse(Double.NaN);
    }
}

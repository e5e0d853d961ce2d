package detangle.train.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Counts of how often each class was predicted for rows of each class. The measures are those of scikit-learn 1.9 with
 * {@code zero_division=0}.
 */
public final class ConfusionMatrix {
    private final long[][] counts;

    private ConfusionMatrix(long[][] counts) {
        this.counts = counts;
    }

    /**
     * Counts predictions.
     *
     * @param labels the class of each row, from 0
     * @param predictions the class that was predicted for each row
     * @param classes the number of classes
     */
    public static ConfusionMatrix of(int[] labels, int[] predictions, int classes) {
        if (labels.length != predictions.length) {
            throw new IllegalArgumentException(labels.length + " labels and " + predictions.length + " predictions");
        }
        long[][] counts = new long[classes][classes];
        for (int i = 0; i < labels.length; i++) {
            counts[labels[i]][predictions[i]]++;
        }
        return new ConfusionMatrix(counts);
    }

    /** Returns the number of classes. */
    public int classes() {
        return counts.length;
    }

    /** Returns the number of rows of one class that were predicted to be of another, or of the same. */
    public long count(int label, int prediction) {
        return counts[label][prediction];
    }

    /** Returns the number of rows that have been counted. */
    public long rows() {
        return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
    }

    /** Returns the counts of one class against all others. */
    public Counts of(int label) {
        long hits = counts[label][label];
        return new Counts(hits, predicted(label) - hits, labelled(label) - hits);
    }

    private long labelled(int label) {
        return Arrays.stream(counts[label]).sum();
    }

    private long predicted(int label) {
        return Arrays.stream(counts).mapToLong(row -> row[label]).sum();
    }

    private long hits() {
        return IntStream.range(0, classes()).mapToLong(c -> counts[c][c]).sum();
    }

    /** Returns the share of rows whose class was predicted; NaN if there are no rows. */
    public double accuracy() {
        return (double) hits() / rows();
    }

    /** Returns the mean of F1 over the classes that a row has or was predicted to have; NaN if there are no rows. */
    public double macroF1() {
        return IntStream.range(0, classes())
                .filter(c -> labelled(c) + predicted(c) > 0)
                .mapToDouble(c -> of(c).f1())
                .average()
                .orElse(Double.NaN);
    }

    /** Returns the mean of F1 over the classes, each weighted with the number of its rows; NaN if there are no rows. */
    public double weightedF1() {
        return IntStream.range(0, classes())
                        .mapToDouble(c -> labelled(c) * of(c).f1())
                        .sum()
                / rows();
    }

    /** Returns F1 of the counts of all classes together, which equals the accuracy, as each row has one class. */
    public double microF1() {
        return IntStream.range(0, classes())
                .mapToObj(this::of)
                .reduce(Counts.NONE, Counts::plus)
                .f1();
    }

    /**
     * Returns Matthews's correlation of labels and predictions; 0 if all labels, or all predictions, are of one class.
     */
    public double matthews() {
        double rows = rows();
        double labelledTwice = 0;
        double predictedTwice = 0;
        double both = 0;
        for (int c = 0; c < classes(); c++) {
            double labelled = labelled(c);
            double predicted = predicted(c);
            labelledTwice += labelled * labelled;
            predictedTwice += predicted * predicted;
            both += labelled * predicted;
        }
        double denominator = Math.sqrt((rows * rows - labelledTwice) * (rows * rows - predictedTwice));
        return denominator == 0 ? 0 : (hits() * rows - both) / denominator;
    }
}

package detangle.train.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Correlations of predicted numbers with those of the labels, as scipy computes them. */
public final class Correlation {
    private Correlation() {}

    /** Returns Pearson's correlation; NaN if all labels, or all predictions, are equal. */
    public static double pearson(double[] labels, double[] predictions) {
        if (labels.length != predictions.length) {
            throw new IllegalArgumentException(labels.length + " labels and " + predictions.length + " predictions");
        }
        double labelMean = Arrays.stream(labels).average().orElse(Double.NaN);
        double predictionMean = Arrays.stream(predictions).average().orElse(Double.NaN);
        double both = 0;
        double labelSquares = 0;
        double predictionSquares = 0;
        for (int i = 0; i < labels.length; i++) {
            double l = labels[i] - labelMean;
            double p = predictions[i] - predictionMean;
            both += l * p;
            labelSquares += l * l;
            predictionSquares += p * p;
        }
        return both / (Math.sqrt(labelSquares) * Math.sqrt(predictionSquares));
    }

    /** Returns Spearman's correlation: Pearson's of the ranks. Equal numbers share the mean of their ranks. */
    public static double spearman(double[] labels, double[] predictions) {
        return pearson(ranks(labels), ranks(predictions));
    }

    private static double[] ranks(double[] values) {
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] ranks = new double[values.length];
        int first = 0;
        while (first < order.length) {
            int end = first + 1;
            while (end < order.length && values[order[end]] == values[order[first]]) {
                end++;
            }
            for (int i = first; i < end; i++) {
                ranks[order[i]] = (first + end - 1) / 2.0;
            }
            first = end;
        }
        return ranks;
    }

    /** Returns the mean of the squared errors of the predictions. */
    public static double meanSquaredError(double[] labels, double[] predictions) {
        return IntStream.range(0, labels.length)
                .mapToDouble(i -> (labels[i] - predictions[i]) * (labels[i] - predictions[i]))
                .average()
                .orElse(Double.NaN);
    }
}

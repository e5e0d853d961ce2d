package detangle.experiment;

import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.metrics.ChoiceMetrics;
import detangle.train.metrics.ConfusionMatrix;
import detangle.train.metrics.Logits;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/** Measures predictions of examples that have answers, by the names of the original. */
@FunctionalInterface
public interface Measures {
    /** Returns the measures by name. */
    SequencedMap<String, Double> of(Predictions predictions);

    /**
     * Refuses a set for which a measure is not a number, whatever a model answers.
     *
     * @param set the name of the set, for the message
     * @throws DataException if that is so
     */
    default void check(String set, List<Example> examples) {}

    /** Measures {@code accuracy}, the share of rows whose greatest logit is that of the right class. */
    Measures ACCURACY = predictions -> named("accuracy", matrix(predictions).accuracy());

    /** Measures {@code accuracy}, and {@code f1} of class 1. */
    Measures ACCURACY_AND_F1 =
            ACCURACY.and(predictions -> named("f1", matrix(predictions).of(1).f1()));

    /** Measures {@code accuracy}, and Matthews' correlation as {@code mcc}. */
    Measures ACCURACY_AND_MATTHEWS =
            ACCURACY.and(predictions -> named("mcc", matrix(predictions).matthews()));

    /** Measures {@code pearsonr} and {@code spearmanr} of numbers. */
    Measures CORRELATIONS = new CorrelationMeasures();

    /**
     * Returns {@code accuracy} of questions with several options, each of which is an example with two classes: the
     * option with the greatest probability of class 1 is the answer.
     *
     * @param options the number of options of each question, which follow one another
     */
    static Measures ofOptions(int options) {
        return predictions ->
                named("accuracy", ChoiceMetrics.accuracy(logits(predictions), labels(predictions), options));
    }

    /** Returns these measures, followed by others. */
    default Measures and(Measures more) {
        Measures first = this;
        return new Measures() {
            @Override
            public SequencedMap<String, Double> of(Predictions predictions) {
                SequencedMap<String, Double> measures = new LinkedHashMap<>(first.of(predictions));
                measures.putAll(more.of(predictions));
                return measures;
            }

            @Override
            public void check(String set, List<Example> examples) {
                first.check(set, examples);
                more.check(set, examples);
            }
        };
    }

    /** Returns the confusion matrix of rows of one class each; rows with a label below 0 do not count. */
    static ConfusionMatrix matrix(Predictions predictions) {
        int[] labels = labels(predictions);
        int[] counted =
                IntStream.range(0, labels.length).filter(i -> labels[i] >= 0).toArray();
        int classes = predictions.size() == 0 ? 0 : predictions.logits(0).length;
        return ConfusionMatrix.of(
                Arrays.stream(counted).map(i -> labels[i]).toArray(),
                Arrays.stream(counted)
                        .map(i -> Logits.argmax(predictions.logits(i)))
                        .toArray(),
                classes);
    }

    /** Returns the logits of all examples. */
    static float[][] logits(Predictions predictions) {
        return IntStream.range(0, predictions.size())
                .mapToObj(predictions::logits)
                .toArray(float[][]::new);
    }

    /** Returns the class of each example; -1 if its label is unknown. */
    static int[] labels(Predictions predictions) {
        return IntStream.range(0, predictions.size())
                .map(i -> predictions.target(i, Target.OneClass.class).index())
                .toArray();
    }

    /** Returns one measure. */
    static SequencedMap<String, Double> named(String name, double value) {
        SequencedMap<String, Double> measures = new LinkedHashMap<>();
        measures.put(name, value);
        return measures;
    }
}

package detangle.experiment;

import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.metrics.Correlation;
import java.util.List;
import java.util.SequencedMap;

/** {@code pearsonr} and {@code spearmanr} of examples with one number each. */
final class CorrelationMeasures implements Measures {
    @Override
    public SequencedMap<String, Double> of(Predictions predictions) {
        double[] labels = new double[predictions.size()];
        double[] given = new double[predictions.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = label(predictions.examples().get(i));
            given[i] = predictions.logits(i)[0];
        }
        SequencedMap<String, Double> measures = Measures.named("pearsonr", Correlation.pearson(labels, given));
        measures.put("spearmanr", Correlation.spearman(labels, given));
        return measures;
    }

    private static float label(Example example) {
        return ((Target.Numbers) example.target()).values()[0];
    }

    /** Nothing correlates with numbers that are all the same. */
    @Override
    public void check(String set, List<Example> examples) {
        if (examples.stream().map(CorrelationMeasures::label).distinct().count() == 1) {
            throw new DataException("the set " + set + " has the number " + label(examples.getFirst())
                    + " for each of its rows (" + examples.size() + "), so that no correlation can be measured: give"
                    + " rows with other numbers");
        }
    }
}

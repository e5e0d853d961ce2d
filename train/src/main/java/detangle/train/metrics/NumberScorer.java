package detangle.train.metrics;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.OutputNames;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.DoubleStream;

/** The measures of regression: {@code mse}, {@code pearson} and {@code spearmanr}. */
public final class NumberScorer implements Scorer {
    private double[] labels = {};
    private double[] predictions = {};

    /** Makes a scorer that has taken no batch yet. */
    public NumberScorer() {}

    @Override
    public void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        labels = joined(labels, inputs.get(InputNames.LABELS));
        predictions = joined(predictions, outputs.get(OutputNames.LOGITS));
    }

    private static double[] joined(double[] before, Tensor more) {
        return DoubleStream.concat(Arrays.stream(before), Arrays.stream(more.toDoubles()))
                .toArray();
    }

    @Override
    public SequencedMap<String, Double> scores() {
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("mse", Correlation.meanSquaredError(labels, predictions));
        scores.put("pearson", Correlation.pearson(labels, predictions));
        scores.put("spearmanr", Correlation.spearman(labels, predictions));
        return scores;
    }
}

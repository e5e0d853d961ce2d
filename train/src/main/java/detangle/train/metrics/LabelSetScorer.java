package detangle.train.metrics;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.OutputNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The measures of rows with any number of labels. A label is predicted if its probability is above a half: {@code f1},
 * which is the micro average, {@code macro_f1}, and {@code accuracy}, the share of rows all of whose labels are right.
 */
public final class LabelSetScorer implements Scorer {
    private final List<boolean[]> labels = new ArrayList<>();
    private final List<boolean[]> predictions = new ArrayList<>();

    /** Makes a scorer that has taken no batch yet. */
    public LabelSetScorer() {}

    @Override
    public void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        labels.addAll(above(Logits.rows(inputs.get(InputNames.LABELS)), 0.5f));
        predictions.addAll(above(Logits.rows(outputs.get(OutputNames.LOGITS)), 0));
    }

    private static List<boolean[]> above(float[][] rows, float threshold) {
        List<boolean[]> sets = new ArrayList<>();
        for (float[] row : rows) {
            boolean[] set = new boolean[row.length];
            for (int i = 0; i < row.length; i++) {
                set[i] = row[i] > threshold;
            }
            sets.add(set);
        }
        return sets;
    }

    @Override
    public SequencedMap<String, Double> scores() {
        LabelSets sets = new LabelSets(labels.toArray(boolean[][]::new), predictions.toArray(boolean[][]::new));
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("f1", sets.microF1());
        scores.put("macro_f1", sets.macroF1());
        scores.put("accuracy", sets.exact());
        return scores;
    }
}

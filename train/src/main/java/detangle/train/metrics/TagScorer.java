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
 * The measures of token classification: {@code precision}, {@code recall} and {@code f1} of entities, and the {@code
 * accuracy} of tags. Tokens with a label below 0 do not count.
 */
public final class TagScorer implements Scorer {
    private final List<String> names;
    private final List<List<String>> labels = new ArrayList<>();
    private final List<List<String>> predictions = new ArrayList<>();

    /** @param names the labels in the order of their classes */
    public TagScorer(List<String> names) {
        this.names = List.copyOf(names);
    }

    @Override
    public void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        Tensor given = inputs.get(InputNames.LABELS);
        int length = Math.toIntExact(given.dim(1));
        float[][] logits = Logits.rows(outputs.get(OutputNames.LOGITS));
        for (int row = 0; row < given.dim(0); row++) {
            List<String> truth = new ArrayList<>();
            List<String> found = new ArrayList<>();
            for (int i = row * length; i < (row + 1) * length; i++) {
                if (given.getLong(i) >= 0) {
                    truth.add(names.get((int) given.getLong(i)));
                    found.add(names.get(Logits.argmax(logits[i])));
                }
            }
            labels.add(truth);
            predictions.add(found);
        }
    }

    @Override
    public SequencedMap<String, Double> scores() {
        EntityMetrics metrics = EntityMetrics.of(labels, predictions);
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("precision", metrics.overall().precision());
        scores.put("recall", metrics.overall().recall());
        scores.put("f1", metrics.overall().f1());
        scores.put("accuracy", metrics.accuracy());
        return scores;
    }
}

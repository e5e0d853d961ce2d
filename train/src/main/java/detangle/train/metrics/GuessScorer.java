package detangle.train.metrics;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.OutputNames;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The measure of masked language models: the {@code accuracy} of guesses behind masks. Their perplexity is {@code exp}
 * of the loss.
 */
public final class GuessScorer implements Scorer {
    private long right;
    private long all;

    /** Makes a scorer that has taken no batch yet. */
    public GuessScorer() {}

    @Override
    public void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        Tensor labels = inputs.get(InputNames.LABELS);
        Tensor logits = outputs.get(OutputNames.LOGITS);
        int vocabulary = Math.toIntExact(logits.dim(logits.rank() - 1));
        float[] row = new float[vocabulary];
        for (int i = 0; i < labels.elements(); i++) {
            if (labels.getLong(i) >= 0) {
                logits.copyTo((long) i * vocabulary, row, 0, vocabulary);
                all++;
                right += Logits.argmax(row) == labels.getLong(i) ? 1 : 0;
            }
        }
    }

    @Override
    public SequencedMap<String, Double> scores() {
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("accuracy", (double) right / all);
        return scores;
    }
}

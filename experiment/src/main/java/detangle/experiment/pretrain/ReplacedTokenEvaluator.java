package detangle.experiment.pretrain;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ReplacedTokens;
import detangle.train.Batch;
import detangle.train.Evaluator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/**
 * Evaluates a generator and a discriminator. {@code accuracy}, {@code perplexity} and {@code eval_loss} are those of
 * the generator at masked tokens, as in the original, whose metric is the accuracy. The discriminator has its accuracy
 * and loss over all tokens, most of which are not replaced, and precision and recall of those that it calls replaced.
 */
final class ReplacedTokenEvaluator implements Evaluator {
    /** The measure that decides on the best models, as in the original. */
    static final String ACCURACY = "accuracy";

    private final Iterable<Batch> batches;

    ReplacedTokenEvaluator(Iterable<Batch> batches) {
        this.batches = batches;
    }

    /** The sums over the tokens of all batches. */
    private static final class Sums {
        private long masked;
        private long right;
        private double losses;
        private int batches;
        private long tokens;
        private long agreeing;
        private double discriminatorLosses;
        private long replaced;
        private long called;
        private long found;

        void add(Batch batch, Map<String, Tensor> outputs) {
            Tensor labels = batch.inputs().get(InputNames.LABELS);
            Tensor predictions = outputs.get(ReplacedTokens.PREDICTIONS);
            double loss = 0;
            for (long i = 0; i < labels.elements(); i++) {
                right += predictions.getLong(i) == labels.getLong(i) ? 1 : 0;
                loss += outputs.get(ReplacedTokens.MLM_LOSSES).getDouble(i);
            }
            masked += labels.elements();
            losses += loss / labels.elements(); // The mean of the batches' means, as in the original.
            batches++;
            Tensor mask = batch.inputs().get(InputNames.MASK);
            for (long i = 0; i < mask.elements(); i++) {
                if (mask.getLong(i) != 0) {
                    boolean isReplaced = outputs.get(ReplacedTokens.REPLACED).getDouble(i) > 0;
                    boolean isCalled = outputs.get(ReplacedTokens.RTD_LOGITS).getDouble(i) > 0;
                    tokens++;
                    agreeing += isReplaced == isCalled ? 1 : 0;
                    replaced += isReplaced ? 1 : 0;
                    called += isCalled ? 1 : 0;
                    found += isReplaced && isCalled ? 1 : 0;
                    discriminatorLosses +=
                            outputs.get(ReplacedTokens.RTD_LOSSES).getDouble(i);
                }
            }
        }

        SequencedMap<String, Double> measures() {
            SequencedMap<String, Double> measures = new LinkedHashMap<>();
            measures.put(ACCURACY, (double) right / masked);
            measures.put("perplexity", Math.exp(losses / batches));
            measures.put("eval_loss", losses / batches);
            measures.put("discriminator_accuracy", (double) agreeing / tokens);
            measures.put("discriminator_loss", discriminatorLosses / tokens);
            measures.put("discriminator_precision", (double) found / Math.max(1, called));
            measures.put("discriminator_recall", (double) found / Math.max(1, replaced));
            measures.put("replaced", (double) replaced / tokens);
            measures.put("eval_samples", (double) masked);
            return measures;
        }
    }

    @Override
    public SequencedMap<String, Double> evaluate(UnaryOperator<Map<String, Tensor>> model) {
        Sums sums = new Sums();
        for (Batch batch : batches) {
            Map<String, Tensor> inputs = new HashMap<>(batch.inputs());
            // Each evaluation draws the same random numbers.
            inputs.put(InputNames.SAMPLING_SEED, Tensor.of(new long[] {sums.batches}));
            sums.add(batch, model.apply(inputs));
        }
        return sums.measures();
    }
}

package detangle.train.task;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.HeadLosses;
import detangle.train.Batch;
import detangle.train.Evaluator;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import detangle.train.data.Example;
import detangle.train.metrics.Scorer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Evaluates a model on batches of labelled examples: {@code loss}, the mean of the batches' losses weighted with their
 * rows, as HuggingFace's Trainer has it; the measures of the task; and its duration: {@code runtime} in seconds and
 * {@code samples_per_second}.
 *
 * @param batches the batches, which are made anew by each evaluation
 * @param samples the number of examples in them
 * @param scorer the maker of the scorer
 * @param head the head of the task; a masked LM also has its {@code perplexity}
 */
public record TaskEvaluator(Iterable<Batch> batches, long samples, Supplier<Scorer> scorer, Architecture head)
        implements Evaluator {
    private static final double NANOS = 1e9;

    /**
     * Makes an evaluator on examples in their order.
     *
     * @param examples the examples, with labels
     * @param batchSize the number of examples that go through the model together
     */
    public TaskEvaluator(
            List<Example> examples, Collator collator, int batchSize, Supplier<Scorer> scorer, Architecture head) {
        this(() -> EpochBatches.inOrder(examples, collator, batchSize).iterator(), examples.size(), scorer, head);
    }

    @Override
    public SequencedMap<String, Double> evaluate(UnaryOperator<Map<String, Tensor>> model) {
        long begun = System.nanoTime();
        Scorer measured = scorer.get();
        double losses = 0;
        long rows = 0;
        for (Batch batch : batches) {
            Map<String, Tensor> outputs = model.apply(batch.inputs());
            measured.add(batch.inputs(), outputs);
            if (batch.items() > 0) {
                losses += batch.rows() * outputs.get(HeadLosses.LOSS).getDouble(0);
                rows += batch.rows();
            }
        }
        return metrics(measured, losses / rows, (System.nanoTime() - begun) / NANOS);
    }

    /** Returns the names of the metrics of {@link #evaluate}. */
    @Override
    public Set<String> metrics() {
        return metrics(scorer.get(), Double.NaN, Double.NaN).keySet();
    }

    private SequencedMap<String, Double> metrics(Scorer measured, double loss, double seconds) {
        SequencedMap<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("loss", loss);
        metrics.putAll(measured.scores());
        if (head.predictsMasks()) {
            metrics.put("perplexity", Math.exp(loss));
        }
        metrics.put("runtime", seconds);
        metrics.put("samples_per_second", samples / seconds);
        return metrics;
    }
}

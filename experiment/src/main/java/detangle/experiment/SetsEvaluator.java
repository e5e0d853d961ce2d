package detangle.experiment;

import detangle.ir.Tensor;
import detangle.models.deberta.HeadLosses;
import detangle.train.Batch;
import detangle.train.Evaluator;
import detangle.train.TrainingCallback;
import detangle.train.TrainingException;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Evaluates a model with all sets of a task, as the original's {@code run_eval} does, and writes the results. It
 * listens to the training, because the names of results have the number of the update.
 */
final class SetsEvaluator implements Evaluator, TrainingCallback {
    private static final String EVAL_METRIC = "eval_metric";

    private final List<EvaluationSet> sets;
    private final Collator collator;
    private final int batchSize;
    private final Path folder;
    private final Consumer<String> log;
    private String prefix;

    /**
     * Makes an evaluator.
     *
     * @param tag the prefix of results before training
     */
    SetsEvaluator(
            List<EvaluationSet> sets, Collator collator, int batchSize, Path folder, String tag, Consumer<String> log) {
        this.sets = sets;
        this.collator = collator;
        this.batchSize = batchSize;
        this.folder = folder;
        this.prefix = tag;
        this.log = log;
    }

    @Override
    public void onStep(Step step) {
        prefix = String.format(Locale.ROOT, "%06d-%d", step.done(), step.updates());
    }

    /** Returns the prefix of the results of the present update. */
    String prefix() {
        return prefix;
    }

    /** Returns {@code metric}, the mean of the sets' metrics, and each measure as {@code SET_MEASURE}. */
    @Override
    public SequencedMap<String, Double> evaluate(UnaryOperator<Map<String, Tensor>> model) {
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        double sum = 0;
        int deciding = 0;
        for (EvaluationSet set : sets) {
            SequencedMap<String, Double> measures = evaluate(set, model);
            if (set.decides()) {
                sum += measures.get(EVAL_METRIC);
                deciding++;
            }
            StringBuilder line = new StringBuilder(set.name() + " " + prefix);
            measures.forEach((name, value) -> {
                all.put(set.name() + "_" + name, value);
                line.append(String.format(Locale.ROOT, "  %s %.4f", name, value));
            });
            log.accept(line.toString());
            if (Double.isNaN(measures.get(EVAL_METRIC))) {
                log.accept(set.name() + " " + prefix + ": " + EVAL_METRIC + " is not a number, and never the best: the"
                        + " model answers all examples alike");
            }
        }
        all.put(ExperimentOptions.METRIC, sum / deciding);
        return all;
    }

    private SequencedMap<String, Double> evaluate(EvaluationSet set, UnaryOperator<Map<String, Tensor>> model) {
        Predictions predictions = new Predictions(set.examples());
        double losses = 0;
        int batches = 0;
        for (Batch batch : (Iterable<Batch>) EpochBatches.inOrder(set.examples(), collator, batchSize)::iterator) {
            Map<String, Tensor> outputs = new HashMap<>(model.apply(batch.inputs()));
            losses += outputs.remove(HeadLosses.LOSS).getDouble(0);
            batches++;
            predictions.add(outputs);
        }
        SequencedMap<String, Double> measures =
                new LinkedHashMap<>(set.measures().of(predictions));
        double metric = measures.entrySet().stream()
                .filter(e -> set.critical().isEmpty() || set.critical().contains(e.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .average()
                .orElse(Double.NaN);
        if (!predictions.areFinite()) {
            throw new TrainingException("the model's answers to the set " + set.name() + " at " + prefix
                    + " are not finite numbers: its weights are damaged, or the learning rate was too high");
        }
        measures.put("eval_loss", losses / batches); // The mean of the batches' means, as in the original.
        measures.put(EVAL_METRIC, metric);
        ResultFiles.write(set, predictions, measures, folder, prefix);
        return measures;
    }
}

package detangle.train.report;

import detangle.train.TrainingCallback;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * Keeps the log of a training as HuggingFace's Trainer keeps its {@code log_history}. An entry has the mean loss of
 * some updates, the norm of the last gradients and the learning rate; each evaluation has an entry too.
 */
public final class TrainingLog implements TrainingCallback {
    private final long every;
    private final Consumer<LogEntry> listener;
    private final List<LogEntry> entries = new ArrayList<>();
    private double lossSum;
    private int losses;

    /**
     * @param every the number of updates of an entry ({@code logging_steps})
     * @param listener the listener that is told of each entry
     */
    public TrainingLog(long every, Consumer<LogEntry> listener) {
        this.every = Math.max(1, every);
        this.listener = listener;
    }

    @Override
    public void onStep(Step step) {
        lossSum += step.loss();
        losses++;
        if (step.done() % every == 0) {
            SequencedMap<String, Double> values = new LinkedHashMap<>();
            values.put("loss", lossSum / losses);
            values.put("grad_norm", step.gradNorm());
            values.put("learning_rate", step.learningRate());
            lossSum = 0;
            losses = 0;
            add(new LogEntry(step.done(), step.epoch(), values));
        }
    }

    @Override
    public void onEvaluate(Evaluation evaluation) {
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        evaluation.metrics().forEach((name, value) -> values.put("eval_" + name, value));
        add(new LogEntry(evaluation.done(), evaluation.epoch(), values));
    }

    /** Adds the values that are known at the end. */
    public void add(LogEntry entry) {
        entries.add(entry);
        listener.accept(entry);
    }

    /** Returns all entries so far, in order. */
    public List<LogEntry> entries() {
        return List.copyOf(entries);
    }
}

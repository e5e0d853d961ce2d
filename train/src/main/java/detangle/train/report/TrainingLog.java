package detangle.train.report;

import detangle.train.TrainingCallback;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * Keeps the log of a training as HuggingFace's Trainer keeps its {@code log_history}. An entry has the mean loss of
 * some updates, the norm of the last gradients and the learning rate; each evaluation has an entry too. What the phases
 * of an update report is in the entry as its mean; phases behind the first have their norm and their rate under their
 * name, such as {@code discriminator_learning_rate}.
 */
public final class TrainingLog implements TrainingCallback {
    private final long every;
    private final Consumer<LogEntry> listener;
    private final List<LogEntry> entries = new ArrayList<>();
    private final SequencedMap<String, Double> sums = new LinkedHashMap<>();
    private int steps;

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
        sums.merge("loss", step.loss(), Double::sum);
        step.phases().forEach(phase -> phase.measures().forEach((name, value) -> sums.merge(name, value, Double::sum)));
        steps++;
        if (step.done() % every == 0) {
            SequencedMap<String, Double> values = new LinkedHashMap<>();
            sums.forEach((name, sum) -> values.put(name, sum / steps));
            values.put("grad_norm", step.gradNorm());
            values.put("learning_rate", step.learningRate());
            step.phases().stream().skip(1).forEach(phase -> {
                values.put(phase.name() + "_grad_norm", phase.gradNorm());
                values.put(phase.name() + "_learning_rate", phase.learningRate());
            });
            sums.clear();
            steps = 0;
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

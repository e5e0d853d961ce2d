package detangle.train.report;

import detangle.train.TrainingCallback;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps the log of a training as HuggingFace's Trainer keeps its {@code log_history}. An entry has the mean loss of
 * some updates, the norm of the last gradients and the learning rate; each evaluation has an entry too. What the
 * phases of an update report is in the entry as its mean; phases behind the first have their norm and their rate under
 * their name, such as {@code discriminator_learning_rate}. A checkpoint keeps the log, so that a training that goes on
 * from it has all entries in the end. Of more entries than are read from a checkpoint, it keeps the newest.
 */
public final class TrainingLog implements TrainingCallback {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingLog.class);

    /** The sums of the updates since the last entry, and the number of these updates among them. */
    private static final String SUMS = "log_sums";

    private static final String STEPS = "steps";

    private final long every;
    private final Consumer<LogEntry> listener;
    private final List<LogEntry> entries = new ArrayList<>();
    private final SequencedMap<String, Double> sums = new LinkedHashMap<>();
    private int steps;

    /** Whether the user has been told that checkpoints do not keep all entries. */
    private boolean cuts;

    /**
     * @param every the number of updates of an entry ({@code logging_steps})
     * @param listener the listener that is told of each entry
     */
    public TrainingLog(long every, Consumer<LogEntry> listener) {
        this.every = Math.max(1, every);
        this.listener = listener;
    }

    /** Takes the entries of the checkpoint, which the listener has been told of before. */
    @Override
    public void onBegin(Begin begin) {
        begin.kept(LogHistory.NAME).ifPresent(history -> {
            entries.addAll(0, LogHistory.entries(begin.file().orElseThrow(), history));
            begin.kept(SUMS).ifPresent(kept -> {
                sums.putAll(LogHistory.sums(begin.file().orElseThrow(), SUMS, kept, STEPS));
                steps = sums.remove(STEPS).intValue();
            });
        });
    }

    @Override
    public Map<String, JsonNode> kept() {
        ObjectNode begun = JsonMapper.shared().createObjectNode();
        sums.forEach(begun::put);
        begun.put(STEPS, steps);
        List<LogEntry> newest = LogHistory.newest(entries);
        if (newest.size() < entries.size() && !cuts) {
            cuts = true;
            LOG.warn(
                    "the log has {} entries, and checkpoints keep the newest {} of them: a larger logging_steps makes"
                            + " fewer",
                    entries.size(),
                    newest.size());
        }
        return Map.of(LogHistory.NAME, LogHistory.json(newest), SUMS, begun);
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

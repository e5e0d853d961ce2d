package detangle.train.report;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Some numbers of training at one moment.
 *
 * @param step the number of updates that had been done
 * @param epoch the number of epochs that had been done, with a fraction
 * @param values the values by the names of HuggingFace's Trainer: {@code loss}, {@code learning_rate}, {@code
 *     eval_accuracy}
 */
public record LogEntry(long step, double epoch, SequencedMap<String, Double> values) {
    private static final String EVALUATION = "eval_";

    /** Keeps a copy of the values. */
    public LogEntry {
        values = new LinkedHashMap<>(values);
    }

    /** Returns whether the entry belongs to an evaluation. */
    public boolean isEvaluation() {
        return values.keySet().stream().anyMatch(name -> name.startsWith(EVALUATION));
    }

    /** Returns the name of a value in TensorBoard: {@code train/loss}, {@code eval/accuracy}. */
    static String tag(String name) {
        return name.startsWith(EVALUATION) ? "eval/" + name.substring(EVALUATION.length()) : "train/" + name;
    }
}

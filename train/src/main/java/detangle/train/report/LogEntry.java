package detangle.train.report;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Some numbers of a moment of training.
 *
 * @param step how many updates had been done
 * @param epoch how many epochs had been done, with a fraction
 * @param values by the names that HuggingFace's Trainer gives them: {@code loss}, {@code learning_rate}, {@code eval_accuracy}
 */
public record LogEntry(long step, double epoch, SequencedMap<String, Double> values) {
    private static final String EVALUATION = "eval_";

    /** Keeps a copy of the values. */
    public LogEntry {
        values = new LinkedHashMap<>(values);
    }

    /** Whether it is of an evaluation. */
    public boolean isEvaluation() {
        return values.keySet().stream().anyMatch(name -> name.startsWith(EVALUATION));
    }

    /** The name of a value in TensorBoard: {@code train/loss}, {@code eval/accuracy}. */
    static String tag(String name) {
        return name.startsWith(EVALUATION) ? "eval/" + name.substring(EVALUATION.length()) : "train/" + name;
    }
}

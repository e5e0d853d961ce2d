package detangle.train.report;

import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes results as the JSON files of HuggingFace's example scripts: {@code train_results.json}, {@code
 * eval_results.json} and so on.
 */
public final class JsonResults {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private JsonResults() {}

    /**
     * Writes numbers, sorted by their names.
     *
     * @throws ReportException if that fails
     */
    public static void write(Path file, Map<String, Double> results) {
        ObjectNode object = MAPPER.createObjectNode();
        new TreeMap<>(results).forEach((name, value) -> put(object, name, value));
        write(file, object);
    }

    /**
     * Writes {@code trainer_state.json}: the log and the progress of training.
     *
     * @param state the numbers of the progress by name, such as {@code global_step}
     * @param bestCheckpoint the folder of the best checkpoint; empty if there is none
     * @throws ReportException if that fails
     */
    public static void writeState(Path file, Map<String, Double> state, String bestCheckpoint, List<LogEntry> log) {
        ObjectNode object = MAPPER.createObjectNode();
        if (bestCheckpoint.isEmpty()) {
            object.putNull("best_model_checkpoint");
        } else {
            object.put("best_model_checkpoint", bestCheckpoint);
        }
        state.forEach((name, value) -> put(object, name, value));
        object.set(LogHistory.NAME, LogHistory.json(log));
        write(file, object);
    }

    /** Puts a whole number without a point. A number that is not finite becomes null, as JSON has no such numbers. */
    static void put(ObjectNode object, String name, double value) {
        if (!Double.isFinite(value)) {
            object.putNull(name);
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15 && isCount(name)) {
            object.put(name, (long) value);
        } else {
            object.put(name, value);
        }
    }

    private static boolean isCount(String name) {
        return name.endsWith("_steps") || name.endsWith("_step") || name.endsWith("_samples") || name.endsWith("_size");
    }

    private static void write(Path file, ObjectNode object) {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(
                        Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER))
                .withObjectIndenter(new DefaultIndenter("    ", "\n"))
                .withArrayIndenter(new DefaultIndenter("    ", "\n"));
        whole(file, MAPPER.writer().with(printer).writeValueAsBytes(object));
    }

    /** Writes a file that appears whole or not at all. */
    static void whole(Path file, byte[] content) {
        try {
            WholeFiles.write(file, content);
        } catch (IOException e) {
            throw new ReportException(file, e);
        }
    }
}

package detangle.train.report;

import detangle.train.TrainingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The {@code log_history} of HuggingFace's trainer_state.json: an object for each entry of a log. */
final class LogHistory {
    /** The name of the field. */
    static final String NAME = "log_history";

    private static final String EPOCH = "epoch";
    private static final String STEP = "step";

    /** The most values of a checkpoint's log. The reader of checkpoints takes some more, for other fields. */
    private static final int MAX_VALUES = 1_000_000;

    /** The most bytes of a checkpoint's log. The reader of checkpoints takes some more, for other fields. */
    private static final int MAX_BYTES = 30 << 20;

    /** The bytes of a line beside its name and its number: indentation, a colon and a comma, with some to spare. */
    private static final int LINE_BYTES = 12;

    /** The most bytes of a whole number, and those that a number has at least in the count. */
    private static final int NUMBER_BYTES = 20;

    private LogHistory() {}

    /** Returns the newest of some entries: all, or as many as the reader of checkpoints takes. */
    static List<LogEntry> newest(List<LogEntry> entries) {
        Map<String, Integer> names = new HashMap<>();
        long values = 0;
        long bytes = 0;
        for (int i = entries.size() - 1; i >= 0; i--) {
            LogEntry entry = entries.get(i);
            values += 3 + entry.values().size(); // The entry, its step and its epoch.
            bytes += LINE_BYTES + bytes(names, STEP) + NUMBER_BYTES + bytes(names, EPOCH, entry.epoch());
            for (Map.Entry<String, Double> value : entry.values().entrySet()) {
                bytes += bytes(names, value.getKey(), value.getValue());
            }
            if (values > MAX_VALUES || bytes > MAX_BYTES) {
                return entries.subList(i + 1, entries.size());
            }
        }
        return entries;
    }

    /** Returns the bytes of a line. */
    private static int bytes(Map<String, Integer> names, String name, double value) {
        return bytes(names, name)
                + Math.max(NUMBER_BYTES, Double.toString(value).length());
    }

    /** Returns the bytes of a line beside its number. */
    private static int bytes(Map<String, Integer> names, String name) {
        return LINE_BYTES
                + names.computeIfAbsent(name, text -> JsonMapper.shared().writeValueAsBytes(text).length);
    }

    static ArrayNode json(List<LogEntry> entries) {
        ArrayNode history = JsonMapper.shared().createArrayNode();
        for (LogEntry entry : entries) {
            ObjectNode node = history.addObject();
            JsonResults.put(node, EPOCH, entry.epoch());
            entry.values().forEach((name, value) -> JsonResults.put(node, name, value));
            node.put(STEP, entry.step());
        }
        return history;
    }

    /**
     * Returns the entries of a field. A number that was not finite is NaN, as JSON has no such numbers.
     *
     * @param file the file that has the field, for messages
     * @throws TrainingException if the field is not a list of objects, each with a step
     */
    static List<LogEntry> entries(Path file, JsonNode history) {
        List<LogEntry> entries = new ArrayList<>();
        if (!history.isArray()) {
            throw fault(file, NAME, "a list of objects");
        }
        for (JsonNode node : history) {
            if (!node.isObject()) {
                throw fault(file, NAME, "a list of objects");
            }
            if (!isCount(node.path(STEP))) {
                throw fault(file, STEP + " in " + NAME, "a whole number of at least 0");
            }
            SequencedMap<String, Double> values = numbers(node);
            double epoch = Optional.ofNullable(values.remove(EPOCH)).orElse(0.0);
            values.remove(STEP);
            entries.add(new LogEntry(node.path(STEP).asLong(), epoch, values));
        }
        return entries;
    }

    /**
     * Returns the sums since the last entry, by name.
     *
     * @param file the file that has the field, for messages
     * @param count the name of the number of updates among them
     * @throws TrainingException if they are not an object with such a number
     */
    static SequencedMap<String, Double> sums(Path file, String field, JsonNode sums, String count) {
        if (!isCount(sums.path(count)) || sums.path(count).asLong() > Integer.MAX_VALUE) {
            throw fault(file, count + " in " + field, "a whole number of at least 0");
        }
        return numbers(sums);
    }

    private static boolean isCount(JsonNode number) {
        return number.isIntegralNumber() && number.canConvertToLong() && number.asLong() >= 0;
    }

    private static TrainingException fault(Path file, String field, String wanted) {
        return new TrainingException(
                file + " is damaged: " + field + " must be " + wanted + ": go on from another checkpoint");
    }

    /** Returns the numbers of an object by name. */
    private static SequencedMap<String, Double> numbers(JsonNode object) {
        SequencedMap<String, Double> numbers = new LinkedHashMap<>();
        object.forEachEntry((name, value) -> numbers.put(name, value.isNumber() ? value.doubleValue() : Double.NaN));
        return numbers;
    }
}

package detangle.train.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

    private LogHistory() {}

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

    /** Returns the entries of a field. A number that was not finite is NaN, as JSON has no such numbers. */
    static List<LogEntry> entries(JsonNode history) {
        List<LogEntry> entries = new ArrayList<>();
        for (JsonNode node : history) {
            SequencedMap<String, Double> values = numbers(node);
            values.remove(EPOCH);
            values.remove(STEP);
            entries.add(new LogEntry(node.path(STEP).asLong(), node.path(EPOCH).asDouble(), values));
        }
        return entries;
    }

    /** Returns the numbers of an object by name. */
    static SequencedMap<String, Double> numbers(JsonNode object) {
        SequencedMap<String, Double> numbers = new LinkedHashMap<>();
        object.forEachEntry((name, value) -> numbers.put(name, value.isNumber() ? value.doubleValue() : Double.NaN));
        return numbers;
    }
}

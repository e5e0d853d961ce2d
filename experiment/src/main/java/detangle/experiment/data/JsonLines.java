package detangle.experiment.data;

import detangle.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads files with a JSON object in each line. */
public final class JsonLines {
    private static final int TRIAL_ROWS = 1000;

    private JsonLines() {}

    /**
     * Reads the objects of a file; blank lines are passed over.
     *
     * @throws DataException if a line is not an object, or the file cannot be read or is not in UTF-8
     */
    public static List<JsonRow> read(Path file) {
        List<JsonRow> rows = new ArrayList<>();
        TextLines.read(file, (number, line) -> {
            if (!line.isBlank()) {
                rows.add(row(file + ", line " + number, line));
            }
        });
        return rows;
    }

    /** Reads a file as {@link #read}, and of a trial the first 1000 rows alone, as the original does. */
    public static List<JsonRow> read(Path file, boolean trial) {
        List<JsonRow> rows = read(file);
        return trial ? rows.subList(0, Math.min(TRIAL_ROWS, rows.size())) : rows;
    }

    private static JsonRow row(String where, String line) {
        try {
            JsonNode node = JsonMapper.shared().readTree(line);
            if (!node.isObject()) {
                throw new DataException(where + " is not a JSON object");
            }
            return new JsonRow(where, node);
        } catch (JacksonException e) {
            throw new DataException(where + " is not JSON", e);
        }
    }
}

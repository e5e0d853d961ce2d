package detangle.cli;

import detangle.cli.Failures.CliException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON lines: objects with the columns as properties, or strings where one column is wanted. */
final class JsonRows implements RowSource {
    private final LineReader lines;
    private final List<String> columns;

    JsonRows(LineReader lines, List<String> columns) {
        this.lines = lines;
        this.columns = columns;
    }

    @Override
    public Optional<List<String>> next() {
        return lines.next().map(line -> {
            JsonNode node;
            try {
                node = JsonMapper.shared().readTree(line);
            } catch (JacksonException e) {
                throw new CliException(lines.where() + " is no JSON: " + e.getOriginalMessage());
            }
            if (node.isString() && columns.size() == 1) {
                return List.of(node.stringValue());
            }
            List<String> values = new ArrayList<>();
            for (String column : columns) {
                JsonNode value = node.path(column);
                if (!value.isString()) {
                    throw new CliException(lines.where() + " has no text '" + column + "'");
                }
                values.add(value.stringValue());
            }
            return values;
        });
    }

    @Override
    public boolean ready() {
        return lines.ready();
    }

    @Override
    public void close() {
        lines.close();
    }
}

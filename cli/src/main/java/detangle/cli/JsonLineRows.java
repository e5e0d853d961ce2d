package detangle.cli;

import java.util.LinkedHashMap;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/** JSON lines: a value a line. Blank lines are no rows. */
final class JsonLineRows implements RowSource {
    private final String name;
    private final LineReader lines;
    private final String column;
    private long row;

    JsonLineRows(String name, Utf8Reader reader, String column) {
        this.name = name;
        this.lines = new LineReader(reader);
        this.column = column;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<SourceRow> next() {
        Optional<String> line = lines.next();
        while (line.filter(String::isBlank).isPresent()) {
            line = lines.next();
        }
        return line.map(text -> {
            row++;
            try {
                return JsonValues.row(row, JsonValues.MAPPER.readTree(text), column);
            } catch (JacksonException e) {
                return new SourceRow(
                        row,
                        new LinkedHashMap<>(),
                        Optional.of("(line " + lines.number() + ") is not JSON at character "
                                + e.getLocation().getColumnNr()));
            }
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

package detangle.cli;

import java.util.LinkedHashMap;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;

/** JSON lines: a value a line. Blank lines are not rows. */
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
        lines.beginRow(row + 1, " (blank lines before it count too)");
        Optional<String> line = lines.next();
        while (line.filter(String::isBlank).isPresent()) {
            line = lines.next();
        }
        return line.map(text -> {
            row++;
            try (JsonParser parser = JsonValues.MAPPER.createParser(text)) {
                parser.nextToken();
                SourceRow read = JsonValues.row(row, parser, column);
                return parser.nextToken() == null ? read : wrong(notJson(parser.currentTokenLocation()));
            } catch (StreamConstraintsException e) {
                return wrong(JsonValues.beyondLimits(e));
            } catch (JacksonException e) {
                return wrong(notJson(e.getLocation()));
            }
        });
    }

    private static String notJson(TokenStreamLocation at) {
        return "is not JSON at character " + at.getColumnNr();
    }

    /** Rows after one that cannot be read can be read. */
    private SourceRow wrong(String fault) {
        return new SourceRow(row, new LinkedHashMap<>(), Optional.of("(line " + lines.number() + ") " + fault));
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

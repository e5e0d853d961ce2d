package detangle.cli;

import detangle.cli.Failures.CliException;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamConstraintsException;

/** A JSON file: an array of objects or strings, or such values one after another, read one by one. */
final class JsonRows implements RowSource {
    private final String name;
    private final Utf8Reader reader;
    private final JsonParser parser;
    private final String column;
    private long row;
    private boolean array;
    private boolean arrayEnded;
    private boolean inRow;

    JsonRows(String name, Utf8Reader reader, String column) {
        this.name = name;
        this.reader = reader;
        this.parser = JsonValues.MAPPER.createParser(reader);
        this.column = column;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<SourceRow> next() {
        inRow = false;
        reader.beginRow("row " + (row + 1), " (blank lines before it count too): is every quote closed?");
        try {
            JsonToken token = parser.nextToken();
            if (row == 0 && !array && token == JsonToken.START_ARRAY) {
                array = true;
                token = parser.nextToken();
            }
            if (array && token == JsonToken.END_ARRAY) {
                arrayEnded = true;
                token = parser.nextToken();
                if (token != null) {
                    throw followed();
                }
            }
            if (token == null) {
                return Optional.empty();
            }
            row++;
            inRow = true;
            return Optional.of(JsonValues.row(row, parser, column));
        } catch (StreamConstraintsException e) {
            throw new CliException(name + ", row " + row + " " + JsonValues.beyondLimits(e));
        } catch (JacksonException e) {
            // Jackson has two exceptions for a file that ends too early, and only their messages begin alike.
            if (!e.getOriginalMessage().startsWith("Unexpected end-of-input")) {
                throw arrayEnded ? followed() : new CliException(where() + " is not JSON");
            }
            throw new CliException(name + " ends " + (inRow ? "within row " : "before its array does, after row ") + row
                    + ": its end is missing");
        }
    }

    private CliException followed() {
        return new CliException(where() + ": something follows the array, which is to be the whole file");
    }

    private String where() {
        return name + ", line " + parser.currentLocation().getLineNr() + ", character "
                + parser.currentLocation().getColumnNr();
    }

    @Override
    public boolean ready() {
        return reader.ready();
    }

    @Override
    public void close() {
        reader.close();
    }
}

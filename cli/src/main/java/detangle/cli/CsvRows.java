package detangle.cli;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import detangle.cli.Failures.CliException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/** Delimited values with a header (RFC 4180, UTF-8). Blank lines are not rows. */
final class CsvRows implements RowSource {
    /** The number of characters that are looked at for the delimiter. */
    private static final int MAX_HEADER_LENGTH = 1 << 16;

    /** Columns that a table may have: far more than any program writes. */
    private static final int MAX_COLUMNS = 100_000;

    /** The end of the message about a row that is too long. */
    private static final String TOO_LONG = " (blank lines before it count too): is every quote closed?";

    private final String name;
    private final Utf8Reader source;
    private final BufferedReader reader;
    private final Fields fields = new Fields();
    private final Iterator<List<String>> records;
    private final List<String> header;

    /** The places of the columns that are used. */
    private final int[] used;

    private long row;

    /**
     * Reads the header.
     *
     * @param delimiter what stands between values; found in the header by default
     * @param wanted columns that must be there
     * @param all whether the others are used too
     */
    CsvRows(String name, Utf8Reader source, Optional<Character> delimiter, List<String> wanted, boolean all) {
        this.name = name;
        this.source = source;
        source.beginRow("the header", TOO_LONG);
        this.reader = new BufferedReader(source, MAX_HEADER_LENGTH);
        this.records = CsvReader.builder()
                .fieldSeparator(delimiter.orElseGet(() -> Delimiter.of(firstLine(), wanted)))
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .maxBufferSize(2 * Utf8Reader.MAX_ROW_LENGTH) // The reader ends what is too long.
                .build(fields, reader)
                .iterator();
        this.header = read().orElse(List.of());
        if (fields.count > MAX_COLUMNS) {
            throw new CliException(
                    name + " has " + fields.count + " columns, and at most " + MAX_COLUMNS + " are read");
        }
        for (String column : wanted) {
            if (!header.isEmpty() && !header.contains(column)) {
                throw RowSource.missing(name, column, header, wanted);
            }
        }
        Set<String> names = new HashSet<>(all ? header : wanted);
        this.used = IntStream.range(0, header.size())
                .filter(i -> names.contains(header.get(i)))
                .toArray();
        requireOnce();
    }

    /** Refuses two columns of one name, but only among the columns that are used: elsewhere they do no harm. */
    private void requireOnce() {
        Map<String, Integer> places = new HashMap<>();
        for (int place : used) {
            String column = header.get(place);
            Integer first = places.putIfAbsent(column, place);
            if (first != null) {
                throw new CliException(name + " has two columns "
                        + (column.isEmpty() ? "without a name" : "'" + column + "'") + ", number " + (first + 1)
                        + " and number " + (place + 1) + ": rename one");
            }
        }
    }

    private String firstLine() {
        try {
            reader.mark(MAX_HEADER_LENGTH);
            StringBuilder text = new StringBuilder();
            boolean quoted = false;
            for (int i = 0; i < MAX_HEADER_LENGTH - 1; i++) {
                int c = reader.read();
                if (c < 0 || (c == '\n' || c == '\r') && !quoted && !text.isEmpty()) {
                    break;
                }
                quoted ^= c == '"';
                text.append((char) c);
            }
            reader.reset();
            return text.toString();
        } catch (IOException e) {
            throw new CliException(name + " cannot be read: " + Failures.reason(e));
        }
    }

    private Optional<List<String>> read() {
        try {
            return records.hasNext() ? Optional.of(records.next()) : Optional.empty();
        } catch (UncheckedIOException e) {
            throw new CliException(name + " cannot be read: " + Failures.reason(e.getCause()));
        } catch (CsvParseException e) {
            // The library wraps whatever ends its reading, errors of the JVM too; only what it finds wrong itself has
            // no cause.
            switch (e.getCause()) {
                case null ->
                    throw new CliException(name + ": the row that begins at line " + fields.line
                            + " has a quote that is not closed, or something behind a closing quote; a quote in a quoted"
                            + " text is written twice");
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw e;
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<SourceRow> next() {
        source.beginRow("row " + (row + 1), TOO_LONG);
        return read().map(values -> {
            row++;
            SequencedMap<String, Object> columns = new LinkedHashMap<>();
            for (int i = 0; i < used.length && used[i] < values.size(); i++) {
                columns.put(header.get(used[i]), values.get(used[i]));
            }
            return new SourceRow(
                    row, columns, fields.count == header.size() ? Optional.empty() : Optional.of(ragged(fields.count)));
        });
    }

    private String ragged(int values) {
        return "(line " + fields.line + ") has " + values + (values == 1 ? " value" : " values") + ", and the header "
                + header.size()
                + (values > header.size()
                        ? ": put a text with a delimiter in quotes"
                        : ": a value that is empty has its delimiter too");
    }

    @Override
    public boolean ready() {
        try {
            return reader.ready();
        } catch (IOException e) {
            return true; // Reading will tell.
        }
    }

    /** Collects the fields of a record, as many as a table may have, and remembers where it begins. */
    private static final class Fields extends AbstractBaseCsvCallbackHandler<List<String>> {
        private List<String> values = List.of();
        private int count;
        private long line;

        @Override
        protected void handleBegin(long startingLineNumber) {
            values = new ArrayList<>();
            count = 0;
            line = startingLineNumber;
        }

        @Override
        protected void handleField(int index, char[] buffer, int offset, int length, boolean quoted) {
            count++;
            if (count <= MAX_COLUMNS) {
                values.add(new String(buffer, offset, length));
            }
        }

        @Override
        protected List<String> buildRecord() {
            return values;
        }
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new CliException(name + " cannot be closed: " + Failures.reason(e));
        }
    }
}

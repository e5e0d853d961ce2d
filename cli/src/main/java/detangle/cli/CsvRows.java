package detangle.cli;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import detangle.cli.Failures.CliException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** A CSV file with a header (RFC 4180, UTF-8). */
final class CsvRows implements RowSource {
    private final String name;
    private final List<String> columns;
    private final CsvReader<NamedCsvRecord> reader;
    private final Iterator<NamedCsvRecord> records;

    CsvRows(String name, InputStream stream, List<String> columns) {
        this.name = name;
        this.columns = columns;
        this.reader = CsvReader.builder()
                .ofNamedCsvRecord(new InputStreamReader(stream, StandardCharsets.UTF_8.newDecoder()));
        this.records = reader.iterator();
    }

    @Override
    public Optional<List<String>> next() {
        try {
            if (!records.hasNext()) {
                return Optional.empty();
            }
            NamedCsvRecord row = records.next();
            return Optional.of(
                    columns.stream().map(column -> value(row, column)).toList());
        } catch (UncheckedIOException e) {
            throw failure(e.getCause());
        } catch (CsvParseException e) {
            throw e.getCause() instanceof IOException io
                    ? failure(io)
                    : new CliException(name + " is no well-formed CSV: " + e.getMessage());
        }
    }

    private CliException failure(IOException e) {
        return new CliException(
                e instanceof CharacterCodingException
                        ? name + " is not UTF-8: convert it"
                        : name + " cannot be read: " + e.getMessage());
    }

    private String value(NamedCsvRecord row, String column) {
        if (!row.getHeader().contains(column)) {
            throw new CliException(name + " has no column '" + column + "'; its columns are "
                    + String.join(", ", row.getHeader()) + ": choose with --column");
        }
        return row.findField(column)
                .orElseThrow(() ->
                        new CliException(name + ":" + row.getStartingLineNumber() + ": the row ends before " + column));
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new CliException(name + " cannot be closed: " + e.getMessage());
        }
    }
}

package detangle.cli;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import detangle.cli.Failures.CliException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One column of a CSV file with a header (RFC 4180, UTF-8). */
final class CsvColumn {
    private CsvColumn() {}

    static List<String> read(Path file, String column) {
        if (!Files.isRegularFile(file)) {
            throw new CliException(file + " does not exist or is no file");
        }
        List<String> values = new ArrayList<>();
        try (CsvReader<NamedCsvRecord> reader = CsvReader.builder().ofNamedCsvRecord(file)) {
            for (NamedCsvRecord row : reader) {
                if (!row.getHeader().contains(column)) {
                    throw new CliException(file + " has no column '" + column + "'; its columns are "
                            + String.join(", ", row.getHeader()));
                }
                values.add(row.findField(column)
                        .orElseThrow(() -> new CliException(
                                file + ":" + row.getStartingLineNumber() + ": the row ends before " + column)));
            }
        } catch (CharacterCodingException e) {
            throw new CliException(file + " is not UTF-8: convert it");
        } catch (CsvParseException e) {
            throw new CliException(file + " is no well-formed CSV: " + e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            throw new CliException(file + " cannot be read: " + e.getMessage());
        }
        return values;
    }
}

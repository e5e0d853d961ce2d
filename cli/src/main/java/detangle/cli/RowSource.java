package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Rows of a file or of a stream, of which some columns are wanted. */
interface RowSource extends AutoCloseable {
    /** What stands for standard input. */
    Path STANDARD_INPUT = Path.of("-");

    /** The values of the wanted columns of the next row. */
    Optional<List<String>> next();

    /** Whether the next row can be read without waiting for who writes it. */
    default boolean ready() {
        return true;
    }

    @Override
    void close();

    /**
     * Opens a file.
     *
     * @param format what the file holds; by default what its name says, and texts line by line where that says nothing
     * @param columns those that are wanted
     */
    static RowSource open(Path file, Optional<InputFormat> format, List<String> columns) {
        InputFormat known = format.orElseGet(() -> InputFormat.of(file));
        boolean standard = file.equals(STANDARD_INPUT);
        if (known == InputFormat.parquet) {
            if (standard) {
                throw new CliException("Parquet is read from a file, not from standard input");
            }
            return new ParquetRows(file, columns);
        }
        String name = standard ? "standard input" : file.toString();
        InputStream stream = standard ? System.in : open(file);
        return switch (known) {
            case csv -> new CsvRows(name, stream, columns);
            case jsonl -> new JsonRows(new LineReader(name, stream), columns);
            case text -> new TextRows(new LineReader(name, stream), columns);
            case parquet -> throw new IllegalStateException("opened above");
        };
    }

    private static InputStream open(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new CliException(file + " does not exist or is no file");
        }
        try {
            return Files.newInputStream(file);
        } catch (IOException e) {
            throw new CliException(file + " cannot be read: " + e.getMessage());
        }
    }
}

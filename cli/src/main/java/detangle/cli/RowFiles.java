package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.InternalException;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Opens files of rows of any format. */
final class RowFiles {
    private RowFiles() {}

    /** Refuses a path that cannot be read as a file. */
    static void check(Path file) {
        if (!Files.exists(file)) {
            throw new CliException(file + " does not exist");
        }
        if (Files.isDirectory(file)) {
            throw new CliException(file + " is a folder: name a file");
        }
        if (!Files.isReadable(file)) {
            throw new CliException(file + " cannot be read: no permission to read it");
        }
    }

    /**
     * Opens a file of Parquet.
     *
     * @param wanted the columns that the file must have
     * @param all whether the others are read too
     */
    static RowSource parquet(Path file, List<String> wanted, boolean all) {
        if (!Files.isRegularFile(file)) {
            throw new CliException(
                    file + " is not a regular file, and Parquet is read from its end: write it to a file first");
        }
        return new ParquetRows(file, wanted, all);
    }

    /** Opens the characters of a file, which gzip may have compressed. */
    static Utf8Reader reader(Path file) {
        try {
            // This stream also knows of a pipe how much can be read without waiting.
            return new Utf8Reader(
                    file.toString(),
                    new MaybeGzip(file.toString(), new FileInputStream(file.toFile()), InputFormat.isCompressed(file)));
        } catch (IOException e) {
            throw new CliException(file + " cannot be read: " + Failures.reason(e));
        }
    }

    /**
     * Opens rows of characters; the reader is closed if that fails.
     *
     * @param delimiter the text between the values of a csv; if empty, it is found in the header
     * @param wanted the columns that the file must have, that of texts first
     * @param all whether the others are read too
     * @param first a listener that is told the first line of a file of texts
     */
    static RowSource rows(
            Utf8Reader reader,
            String name,
            InputFormat format,
            Optional<Character> delimiter,
            List<String> wanted,
            boolean all,
            Consumer<String> first) {
        String column = wanted.isEmpty() ? "text" : wanted.getFirst();
        try {
            return switch (format) {
                case csv -> new CsvRows(name, reader, delimiter, wanted, all);
                case tsv -> new CsvRows(name, reader, Optional.of('\t'), wanted, all);
                case jsonl -> new JsonLineRows(name, reader, column);
                case json -> new JsonRows(name, reader, column);
                case text -> new TextRows(name, reader, column, first);
                case document -> new DocumentRow(name, reader, column);
                case parquet -> throw new InternalException("Parquet is not made of characters");
            };
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }
}

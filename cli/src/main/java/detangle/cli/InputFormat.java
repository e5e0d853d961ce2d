package detangle.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The formats of files of rows; the constants are the words of {@code --input-format}. */
enum InputFormat {
    /** A text a line. */
    text("txt"),
    /** All of the file is one text. */
    document(),
    /** Values with a delimiter between, below a header line (RFC 4180). */
    csv("csv"),
    /** The format of csv, with tabs between values. */
    tsv("tsv"),
    /** A JSON object or string a line. */
    jsonl("jsonl", "ndjson"),
    /** An array of JSON objects or strings. */
    json("json"),
    /** Apache Parquet. */
    parquet("parquet");

    /** The formats that are read, for messages. */
    static final String KNOWN =
            ".csv, .tsv, .json, .jsonl, .ndjson, .parquet, .txt and names without an ending are read,"
                    + " and all but .parquet with .gz behind";

    private static final String GZIP = ".gz";

    private final List<String> endings;

    InputFormat(String... endings) {
        this.endings = List.of(endings);
    }

    /** Returns what the name of a file says; text where it has no ending, nothing where its ending is not known. */
    static Optional<InputFormat> of(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        boolean zipped = isCompressed(file);
        String plain = zipped ? name.substring(0, name.length() - GZIP.length()) : name;
        int dot = plain.lastIndexOf('.');
        if (dot < 0) {
            return Optional.of(text);
        }
        String ending = plain.substring(dot + 1);
        return Arrays.stream(values())
                .filter(f -> f.endings.contains(ending) && !(zipped && f == parquet))
                .findFirst();
    }

    /**
     * Returns the format whose first line a line seems to be: a table's header with the given column, or a JSON object
     * with such a property.
     */
    static Optional<InputFormat> ofTable(String line, String column) {
        String start = line.strip();
        if (start.startsWith("{") && start.contains("\"" + column + "\"")) {
            return Optional.of(jsonl);
        }
        return Delimiter.ofHeader(line, column).map(delimiter -> delimiter == '\t' ? tsv : csv);
    }

    /** Returns whether the name of a file says that gzip has compressed it. */
    static boolean isCompressed(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(GZIP);
    }

    boolean hasColumns() {
        return this != text && this != document;
    }
}

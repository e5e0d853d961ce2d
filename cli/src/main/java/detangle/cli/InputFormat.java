package detangle.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** What a file of rows holds; the constants are the words of {@code --input-format} and the endings of files. */
enum InputFormat {
    /** A text a line. */
    text,
    /** Comma-separated values with a header line (RFC 4180). */
    csv,
    /** A JSON object a line. */
    jsonl,
    /** Apache Parquet. */
    parquet;

    /** What the name of a file says. */
    static InputFormat of(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(f -> name.endsWith("." + f.name()))
                .findFirst()
                .orElse(text);
    }
}

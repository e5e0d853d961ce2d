package detangle.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The formats of results; the constants are the words of {@code --format} and the endings of files. */
enum ResultFormat {
    /** A line for people. */
    text("txt"),
    /** The text in a line, with what was found in it in brackets. */
    marked("md"),
    /** An array of what HuggingFace's pipeline returns for each text. */
    json("json"),
    /** An object a line, one for each text. */
    jsonl("jsonl", "ndjson"),
    /** A header and rows. */
    csv("csv"),
    /** The format of csv, with tabs between values. */
    tsv("tsv"),
    /** Apache Parquet, a row for each text. */
    parquet("parquet"),
    /** Vectors as NumPy has them. */
    npy("npy");

    private final List<String> endings;

    ResultFormat(String... endings) {
        this.endings = List.of(endings);
    }

    /** Returns what the name of a file says; nothing where its ending is not known. */
    static Optional<ResultFormat> of(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(f -> f.endings.stream().anyMatch(ending -> name.endsWith("." + ending)))
                .findFirst();
    }

    /**
     * Returns whether a file of that name may hold it: .txt holds whatever is characters, and an unknown ending says
     * nothing.
     */
    boolean fits(Path file) {
        return of(file).filter(named -> named != this && (named != text || binary()))
                .isEmpty();
    }

    /** Returns whether it is written to a file only, as it is not characters. */
    boolean binary() {
        return this == parquet || this == npy;
    }

    /** Returns whether rows can say which row of the source they are. */
    boolean hasColumns() {
        return this != text && this != marked && this != npy;
    }
}

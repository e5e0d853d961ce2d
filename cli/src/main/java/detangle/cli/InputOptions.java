package detangle.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which file is read, and how. */
final class InputOptions {
    /** The name that stands for standard input. */
    private static final Path STANDARD_INPUT = Path.of("-");

    /** The description of an option that other commands have too. */
    static final String FORMAT = "${COMPLETION-CANDIDATES}; by the file's name by default, text for standard input.";

    /** The description of another option that other commands have too. */
    static final String DELIMITER =
            "What stands between the values of a .csv, such as ; or tab; found in its header by default.";

    /** A longer first line is not taken for that of a table. */
    private static final int MAX_HEADER_LENGTH = 1 << 16;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "The file of the texts: a .csv or .tsv with a header, a .json, .jsonl, .ndjson or"
                    + " .parquet, or a text a line (.txt); a compressed file ends with .gz. - is standard input.")
    private Optional<Path> file;

    @Option(names = "--input-format", paramLabel = "FORMAT", description = FORMAT)
    private Optional<InputFormat> format;

    @Option(
            names = "--column",
            paramLabel = "NAME",
            description = "The column or property that holds the texts; text by default.")
    private Optional<String> column;

    @Option(names = "--delimiter", paramLabel = "C", description = DELIMITER)
    private Optional<String> delimiter;

    boolean present() {
        return file.isPresent();
    }

    /** Returns the file; only if there is one. */
    Path file() {
        return file.orElseThrow();
    }

    /** Returns the file, or where systems that have it show what standard input is. */
    Path opened() {
        return standardInput() ? Path.of("/dev/stdin") : file();
    }

    Optional<String> column() {
        return column;
    }

    /** Refuses options that do not go together. */
    void check() {
        if (file.isEmpty()) {
            if (column.isPresent() || format.isPresent() || delimiter.isPresent()) {
                throw wrongUse("--column, --input-format and --delimiter go with --file");
            }
            return;
        }
        if (format().hasColumns()) {
            if (delimiter.isPresent() && format() != InputFormat.csv) {
                throw wrongUse("--delimiter goes with csv, and " + name() + " is read as " + format());
            }
            delimiter.filter(d -> Delimiter.named(d).isEmpty()).ifPresent(d -> {
                throw wrongUse("--delimiter is one character, or tab, not '" + d + "'");
            });
            return;
        }
        if (column.isPresent() || delimiter.isPresent()) {
            throw wrongUse(name() + " is read as " + textual() + " no columns: leave out --column and --delimiter,"
                    + " or say --input-format");
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private String textual() {
        return format() == InputFormat.document ? "one text, which has" : "lines of text, which have";
    }

    private boolean standardInput() {
        return file().equals(STANDARD_INPUT);
    }

    /** Returns what messages call it. */
    String name() {
        return standardInput() ? "standard input" : file().toString();
    }

    /** Returns what the file holds. */
    InputFormat format() {
        return format.orElseGet(() -> standardInput()
                ? InputFormat.text
                : InputFormat.of(file())
                        .orElseThrow(() -> wrongUse(name() + " has an unknown ending: " + InputFormat.KNOWN
                                + "; for other names say --input-format")));
    }

    /**
     * Opens the file.
     *
     * @param wanted columns that must be there, that of texts first
     * @param all whether the others are read too
     */
    RowSource open(List<String> wanted, boolean all) {
        InputFormat known = format();
        if (!known.hasColumns() && wanted.size() > 1) {
            throw wrongUse(name() + " is read as " + textual() + " no columns, and " + String.join(", ", wanted)
                    + " are needed: give a file with columns, or say --input-format");
        }
        if (!standardInput()) {
            RowFiles.check(file());
        }
        if (known == InputFormat.parquet) {
            if (standardInput()) {
                throw wrongUse("Parquet is read from a file, not from standard input");
            }
            return RowFiles.parquet(file(), wanted, all);
        }
        Utf8Reader reader = standardInput()
                ? new Utf8Reader(name(), new MaybeGzip(name(), System.in, false))
                : RowFiles.reader(file());
        return RowFiles.rows(
                reader,
                name(),
                known,
                delimiter.flatMap(Delimiter::named),
                wanted,
                all,
                first -> warnOfTable(first, wanted.getFirst()));
    }

    /** Warns if a table seems to be read as lines of text, which is what is done where no format is named. */
    private void warnOfTable(String line, String column) {
        if (format.isEmpty() && line.length() <= MAX_HEADER_LENGTH) {
            InputFormat.ofTable(line, column)
                    .ifPresent(table -> spec.commandLine()
                            .getErr()
                            .println("detangle: " + name() + " is read as lines of text, and its first line looks like"
                                    + " that of a table: say --input-format " + table + " if it is one, or text"));
        }
    }

    /** Returns how many rows the opened file has, where that is soon counted. */
    OptionalLong count(RowSource opened) {
        if (standardInput() || InputFormat.isCompressed(file())) {
            return OptionalLong.empty();
        }
        return switch (format()) {
            case parquet -> ((ParquetRows) opened).count();
            case text, jsonl -> RowCount.lines(file(), false);
            case csv, tsv -> {
                OptionalLong lines = RowCount.lines(file(), true);
                yield lines.isPresent() ? OptionalLong.of(Math.max(0, lines.getAsLong() - 1)) : lines;
            }
            case json -> OptionalLong.empty();
            case document -> OptionalLong.of(1);
        };
    }
}

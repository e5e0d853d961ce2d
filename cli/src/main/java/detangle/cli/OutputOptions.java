package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.task.Column;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of output: where results go, how they are written, and how a row says which row of the source it is. */
final class OutputOptions {
    /** The file in which some systems show what standard output is. */
    private static final Path STANDARD_OUTPUT = Path.of("/dev/stdout");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description =
                    "The format: ${COMPLETION-CANDIDATES}; by default that of --output's ending, or else" + " text.")
    private Optional<ResultFormat> format;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The file of the results: .txt, .md, .json, .jsonl, .csv, .tsv, .parquet, or .npy for"
                    + " vectors; standard output by default.")
    private Optional<Path> output;

    @Option(names = "--keep-columns", description = "Write the other columns of a row beside its result.")
    private boolean keepColumns;

    @Option(names = "--id-column", paramLabel = "NAME", description = "Write this column of a row beside its result.")
    private Optional<String> idColumn;

    @Option(
            names = "--row-number",
            description = "Write the number of a row in its source, from 1, beside its result, as row.")
    private boolean rowNumber;

    @Option(
            names = "--on-error",
            paramLabel = "WHAT",
            description = "The treatment of a row that is empty, too long or not a text: ${COMPLETION-CANDIDATES}."
                    + " fail, the default, ends the run before it; skip leaves it out; null writes it with null"
                    + " and an error.")
    private OnError onError = OnError.FAIL;

    OnError onError() {
        return onError;
    }

    /** Returns the file that results go to. */
    Optional<Path> file() {
        return output;
    }

    ResultFormat format() {
        return format.orElseGet(() -> output.map(file -> ResultFormat.of(file)
                        .orElseThrow(() -> wrongUse("the ending of " + file
                                + " names no format: .txt, .md, .json, .jsonl, .csv, .tsv, .parquet and .npy do; or say"
                                + " --format")))
                .orElse(ResultFormat.text));
    }

    /**
     * Returns whether what is printed ends with a line whenever rows have been printed, so that other lines can stand
     * between.
     */
    boolean inLines() {
        return output.isPresent() || format() != ResultFormat.json;
    }

    private boolean joins() {
        return keepColumns || idColumn.isPresent() || rowNumber;
    }

    /** Returns what tells which row of the source a row of the output is. */
    JoinedColumns joined(List<String> wanted, List<String> own) {
        return new JoinedColumns(rowNumber, keepColumns, idColumn, wanted, own);
    }

    /**
     * Opens a file for the columns that a command needs, that of texts first, and for those that are written beside
     * results.
     */
    RowSource open(InputOptions input, List<String> needed) {
        List<String> columns = new ArrayList<>(needed);
        idColumn.filter(id -> !columns.contains(id)).ifPresent(columns::add);
        return input.open(columns, keepColumns);
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /**
     * Refuses options that do not go together, and a file that cannot be written.
     *
     * @param input the file that is read
     * @param answer what is said of a row
     * @param marks whether results have texts with spans marked
     */
    void check(Optional<InputOptions> input, List<Column> answer, boolean marks) {
        output.filter(Files::isDirectory).ifPresent(file -> {
            throw new CliException(file + " cannot be written: it is a folder");
        });
        ResultFormat chosen = format();
        output.filter(file -> !chosen.fits(file)).ifPresent(file -> {
            throw wrongUse("--format " + chosen + " contradicts the ending of --output " + file
                    + ": leave out --format, or name the file otherwise");
        });
        if (chosen == ResultFormat.npy && onError == OnError.SKIP) {
            throw wrongUse("--on-error skip does not go with npy, whose vectors would lose their places: null writes a"
                    + " vector of NaN");
        }
        if (joins() && !chosen.hasColumns()) {
            throw wrongUse("--keep-columns, --id-column and --row-number go with --format json, jsonl, csv, tsv or"
                    + " parquet, not with " + chosen);
        }
        if (input.filter(in -> in.format().hasColumns()).isEmpty() && (keepColumns || idColumn.isPresent())) {
            throw wrongUse("--keep-columns and --id-column go with a --file that has columns");
        }
        if (chosen == ResultFormat.npy && vector(answer).isEmpty()) {
            throw wrongUse("npy holds vectors, and this command has none: choose another format");
        }
        if (chosen == ResultFormat.marked && !marks) {
            throw wrongUse("marked is for extract and token-classification, which find parts of texts: choose another"
                    + " format");
        }
        if (chosen.binary() && output.isEmpty()) {
            throw wrongUse(chosen + " is written to a file: name one with --output");
        }
        output.ifPresent(file -> checkFile(file, input));
        if (output.isEmpty()) {
            input.filter(in -> isSame(STANDARD_OUTPUT, in)).ifPresent(in -> {
                throw wrongUse("standard output goes to the file that is read: name another");
            });
        }
        if (chosen == ResultFormat.npy) {
            output.filter(file -> Files.exists(file) && !Files.isRegularFile(file))
                    .ifPresent(file -> {
                        throw new CliException(
                                file + " cannot be written: it is not a regular file, and npy is written to its"
                                        + " beginning last");
                    });
        }
    }

    /** Returns whether something is the regular file that is read, by whatever name. */
    private static boolean isSame(Path file, InputOptions input) {
        try {
            return Files.isRegularFile(file) && Files.exists(input.opened()) && Files.isSameFile(file, input.opened());
        } catch (IOException e) {
            return false; // The code that opens the file says what is wrong.
        }
    }

    private static Optional<String> vector(List<Column> answer) {
        return answer.stream()
                .filter(c -> c.type().equals(new Column.ListOf(Column.Scalar.FLOAT)))
                .map(Column::name)
                .findFirst();
    }

    private void checkFile(Path file, Optional<InputOptions> input) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CliException(file + " cannot be written: its folder does not exist");
        }
        if (!Files.isWritable(Files.exists(file) ? file : folder)) {
            throw new CliException(file + " cannot be written: no permission to write there");
        }
        input.filter(in -> isSame(file, in)).ifPresent(in -> {
            throw wrongUse("--output is the file that is read: name another");
        });
    }

    /** @param standard standard output */
    ResultSink sink(OutputLayout layout, PrintWriter standard) {
        return sink(layout, standard, TextPrinter::new);
    }

    /**
     * Opens where results go.
     *
     * @param standard standard output
     * @param text what prints texts, given what opens its target
     */
    ResultSink sink(OutputLayout layout, PrintWriter standard, Function<Supplier<PrintWriter>, ResultPrinter> text) {
        return new ResultSink(printer(layout, standard, text), output.isPresent());
    }

    private ResultPrinter printer(
            OutputLayout layout, PrintWriter standard, Function<Supplier<PrintWriter>, ResultPrinter> text) {
        Supplier<PrintWriter> target = () -> output.map(OutputOptions::open).orElse(standard);
        return switch (format()) {
            case text -> text.apply(target);
            case marked -> new MarkedPrinter(target);
            case json -> new JsonPrinter(target, layout);
            case jsonl -> new JsonLinesPrinter(target, layout);
            case csv -> new CsvPrinter(target, layout, ',');
            case tsv -> new CsvPrinter(target, layout, '\t');
            case parquet -> new ParquetPrinter(output.orElseThrow(), layout);
            case npy ->
                new NpyPrinter(output.orElseThrow(), vector(layout.answer()).orElseThrow());
        };
    }

    /** Opens a file for characters. */
    static PrintWriter open(Path file) {
        try {
            return CheckedWriter.printer(file.toString(), Files.newOutputStream(file));
        } catch (IOException e) {
            throw new OutputException(file.toString(), e);
        }
    }

    OutputLayout layout(List<Column> asked, List<Column> answer, List<String> columns) {
        return new OutputLayout(asked, answer, columns, joins(), onError == OnError.NULL);
    }
}

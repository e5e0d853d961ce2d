package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * A command that runs texts through a pipeline: from its arguments, or from a file or stream row by row.
 *
 * @param <P> the pipeline
 */
abstract class PipelineCommand<P extends Pipeline> implements Runnable {
    /** Batches whose rows are read before they run: enough to put those of like length together. */
    private static final int BATCHES_AT_ONCE = 64;

    private static final int WORTH_A_BAR = 200;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TEXT", description = "The texts; ${COMMAND-NAME} --file reads them from a file.")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "Texts from a .csv with a header, .jsonl, .parquet, or a text a line; - is standard input.")
    private Optional<Path> file;

    @Option(
            names = "--input-format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}; by the file's name by default, text for standard input.")
    private Optional<InputFormat> inputFormat;

    @Option(
            names = "--column",
            paramLabel = "NAME",
            description = "The column or property that holds the texts; text by default.")
    private Optional<String> column;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "A folder with config.json, weights and tokenizer, or a model's name on the hub.")
    private Optional<String> model;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "vector, reference, tornado[:opencl|ptx|cuda[:N]], hybrid or auto; the best on the CPU by default.")
    private Optional<String> backend;

    @Option(names = "--batch", paramLabel = "N", description = "Texts run at once; ${DEFAULT-VALUE} by default.")
    private int batch = PipelineOptions.DEFAULT.batchSize();

    @Option(names = "--truncation", description = "Cut texts that are longer than the model takes, with a warning.")
    private boolean truncation;

    @Mixin
    private LengthOption length;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES}; text by default.")
    private ResultFormat format = ResultFormat.text;

    /** The model without {@code --model}. */
    Path defaultModel() {
        throw new CliException("name a model for " + spec.name() + " with --model");
    }

    abstract P load(Path folder, PipelineOptions options);

    /** The column that holds the texts, unless {@code --column} names another. */
    String textColumn() {
        return "text";
    }

    /** Columns of a file that are needed beside the text's. */
    List<String> moreColumns() {
        return List.of();
    }

    /** What the texts of the command line are as rows; each is one. */
    List<List<String>> rows(List<String> given) {
        return given.stream().map(List::of).toList();
    }

    /** Refuses options that do not go together. */
    void check(boolean fromFile) {}

    /** Whether all rows are needed at once. */
    boolean takesAll() {
        return false;
    }

    /** The columns of {@link Result#records}. */
    abstract List<String> columns();

    /**
     * Runs rows.
     *
     * @param rows the text, then {@link #moreColumns}
     */
    abstract List<Result> run(P pipeline, List<List<String>> rows, ProgressListener progress);

    /** The names that an option lists; see {@link NameList}. */
    final List<String> names(String option, List<String> given) {
        return NameList.of(spec, option, given);
    }

    /** What {@code --max-length} says. */
    final OptionalInt maxLength() {
        return length.tokens(spec);
    }

    final ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    @Override
    public final void run() {
        if (texts.isEmpty() == file.isEmpty()) {
            throw wrongUse("give either texts or --file");
        }
        if (file.isEmpty() && (column.isPresent() || inputFormat.isPresent())) {
            throw wrongUse("--column and --input-format go with --file");
        }
        if (batch < 1) {
            throw wrongUse("--batch is at least 1");
        }
        check(file.isPresent());
        PipelineOptions options = PipelineOptions.DEFAULT
                .withBackend(backend)
                .withBatchSize(batch)
                .withTruncation(truncation)
                .withMaxLength(maxLength())
                .withIgnoreUnused(ignoreUnused.isSet());
        // Opened first: a wrong name is told before the model is loaded.
        try (RowSource source = source();
                P pipeline = load(model.map(ModelFolder::of).orElseGet(this::defaultModel), options)) {
            PrintWriter out = spec.commandLine().getOut();
            ResultFormat.Printer printer = format.printer(out, columns());
            runAll(source, pipeline, printer, out);
            printer.end();
            out.flush();
        }
    }

    private RowSource source() {
        if (file.isEmpty()) {
            return new GivenRows(rows(texts));
        }
        List<String> wanted = new ArrayList<>();
        wanted.add(column.orElseGet(this::textColumn));
        wanted.addAll(moreColumns());
        return RowSource.open(file.get(), inputFormat, wanted);
    }

    private void runAll(RowSource source, P pipeline, ResultFormat.Printer printer, PrintWriter out) {
        int most = takesAll() ? Integer.MAX_VALUE : batch * BATCHES_AT_ONCE;
        List<List<String>> rows = chunk(source, most);
        if (rows.isEmpty()) {
            throw new CliException(file.orElseThrow() + " has no rows: there is nothing to do");
        }
        boolean shown = rows.size() >= WORTH_A_BAR && Boolean.getBoolean("detangle.terminal");
        try (Progress progress = shown ? new Progress(spec.name(), rows.size() < most ? rows.size() : -1) : null) {
            int done = 0;
            while (!rows.isEmpty()) {
                int before = done;
                ProgressListener step = shown ? count -> progress.at(before + count) : count -> {};
                run(pipeline, rows, step).forEach(printer::print);
                out.flush();
                done += rows.size();
                rows = chunk(source, most);
            }
        }
    }

    private static List<List<String>> chunk(RowSource source, int most) {
        List<List<String>> rows = new ArrayList<>();
        // What somebody types is answered line by line, unless all of it is needed.
        while (rows.size() < most && (rows.isEmpty() || most == Integer.MAX_VALUE || source.ready())) {
            Optional<List<String>> row = source.next();
            if (row.isEmpty()) {
                break;
            }
            rows.add(row.get());
        }
        return rows;
    }

    /** Rows that stand on the command line. */
    private static final class GivenRows implements RowSource {
        private final Iterator<List<String>> rows;

        GivenRows(List<List<String>> rows) {
            this.rows = rows.iterator();
        }

        @Override
        public Optional<List<String>> next() {
            return rows.hasNext() ? Optional.of(rows.next()) : Optional.empty();
        }

        @Override
        public void close() {}
    }
}

package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.task.Column;
import detangle.runtime.OptionValues;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
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
    private static final int MIN_ROWS_OF_A_BAR = 200;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TEXT", description = "The texts; ${COMMAND-NAME} --file reads them from a file.")
    private List<String> texts = new ArrayList<>();

    @Mixin
    private InputOptions input;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "A folder with config.json, weights and tokenizer, or a model's name on the hub.")
    private Optional<String> model;

    @Mixin
    private AdapterOption adapter;

    @Mixin
    private BackendOption backend;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private WeightTypeOption weightType;

    @Mixin
    private ThreadsOption threads;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "The number of texts that run at once; ${DEFAULT-VALUE} by default.")
    private int batch = PipelineOptions.DEFAULT.batchSize();

    @Mixin
    private TruncationOption truncation;

    @Mixin
    private LengthOption length;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    /** Returns the model without {@code --model}. */
    Path defaultModel() {
        throw new CliException("name a model for " + spec.name() + " with --model");
    }

    abstract P load(Path folder, PipelineOptions options);

    /** Returns the column that holds the texts, unless {@code --column} names another. */
    String textColumn() {
        return "text";
    }

    /** Columns of a file that are needed beside the text's. */
    List<String> moreColumns() {
        return List.of();
    }

    /** Returns what the texts of the command line are as rows; each is one. */
    List<List<String>> rows(List<String> given) {
        return given.stream().map(List::of).toList();
    }

    /** Refuses options that do not go together. */
    void check(boolean fromFile) {}

    /** Returns whether all rows are needed at once. */
    boolean takesAll() {
        return false;
    }

    /** Returns the texts that a result repeats, by the names that results call them. */
    List<Column> asked() {
        return List.of(Column.text("text"));
    }

    /** Their values, one for each of {@link #asked()}. */
    SequencedMap<String, Object> asked(List<Object> row) {
        return Result.object("text", row.getFirst());
    }

    /** Returns whether a text of a file may be empty or only white space. */
    boolean mayBeBlank() {
        return false;
    }

    /**
     * Returns a row as it is printed. Rows come here in the order of the source, where {@link #run} is given them in
     * another one.
     *
     * @param row with its results, or with a fault
     */
    RowLoop.Row printed(RowLoop.Row row) {
        return row;
    }

    /** Returns whether results have texts with spans marked. */
    boolean marksTexts() {
        return false;
    }

    /** Prints results as {@code text}. */
    ResultPrinter textPrinter(Supplier<PrintWriter> target) {
        return new TextPrinter(target);
    }

    /** Is called when all results are written. */
    void done() {}

    /** Returns what is said of a row as one object; see {@link Result#answer}. */
    abstract List<Column> answer();

    /** Returns what is known of {@link #answer} for a row that cannot be answered. */
    SequencedMap<String, Object> known(SourceRow row, List<Object> texts) {
        return Result.object();
    }

    /** Returns the same as columns of a table; see {@link Result#records}. */
    abstract List<String> columns();

    /**
     * Runs rows.
     *
     * @param rows the text, then {@link #moreColumns}
     * @param progress is told of rows that cannot be answered, whose results do not count
     */
    abstract List<Result> run(P pipeline, List<List<String>> rows, ProgressListener progress);

    /**
     * Returns a listener that hears of rows what this one is to hear, where a pipeline counts other things than rows.
     */
    static ProgressListener counting(ProgressListener listener, IntUnaryOperator rows) {
        return new ProgressListener() {
            @Override
            public void done(int done) {
                listener.done(rows.applyAsInt(done));
            }

            @Override
            public void unanswerable(RowMessage message) {
                listener.unanswerable(message);
            }

            @Override
            public void cut(RowMessage message) {
                listener.cut(message);
            }
        };
    }

    /** Returns the names that an option lists; see {@link NameList}. */
    final List<String> names(String option, List<String> given) {
        return NameList.of(spec, option, given);
    }

    /** Returns the file that is read. */
    final InputOptions input() {
        return input;
    }

    /** Returns the file that results go to. */
    final Optional<Path> outputFile() {
        return output.file();
    }

    /** Returns what {@code --max-length} says. */
    final OptionalInt maxLength() {
        return length.tokens(spec);
    }

    final ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    @Override
    public final void run() {
        if (texts.isEmpty() != input.present()) {
            throw wrongUse("give either texts or --file");
        }
        if (batch < 1) {
            throw wrongUse("--batch must be at least 1");
        }
        input.check();
        check(input.present());
        output.check(Optional.of(input).filter(InputOptions::present), answer(), marksTexts());
        threads.apply();
        // The first answer does not wait for kernels: many commands have no second one to give.
        PipelineOptions asked = truncation
                .of(PipelineOptions.DEFAULT)
                .withBatchSize(batch)
                .withPrecision(precision.chosen(backend.name()))
                .withIgnoreUnused(ignoreUnused.isSet())
                .withWarmUp(false);
        PipelineOptions placed = OptionValues.with(asked, backend.name(), PipelineOptions::withBackend);
        PipelineOptions adapted = OptionValues.with(placed, adapter.folder(), PipelineOptions::withAdapter);
        PipelineOptions typed = OptionValues.with(adapted, weightType.narrowed(), PipelineOptions::withWeightType);
        PipelineOptions options = OptionValues.with(typed, maxLength(), PipelineOptions::withMaxLength);
        OutputLayout layout = output.layout(asked(), answer(), columns());
        // Opened first: a wrong name is told before the model is loaded.
        try (RowSource source = source();
                P pipeline = load(model.map(ModelFolder::of).orElseGet(this::defaultModel), options);
                ResultSink sink = output.sink(layout, spec.commandLine().getOut(), this::textPrinter)) {
            runAll(source, pipeline, layout, sink);
            sink.end();
        }
        done();
    }

    /** Returns the columns that are needed, that of texts first. */
    private List<String> wanted() {
        List<String> wanted = new ArrayList<>();
        wanted.add(input.column().orElseGet(this::textColumn));
        wanted.addAll(moreColumns());
        return wanted;
    }

    private RowSource source() {
        if (!input.present()) {
            return new GivenRows(rows(texts));
        }
        return output.open(input, wanted());
    }

    private void runAll(RowSource source, P pipeline, OutputLayout layout, ResultSink sink) {
        // Of texts on the command line pipelines say more than that they are blank: which text of a pair it is.
        TextColumns columns = new TextColumns(
                input.present() ? wanted() : GivenRows.columns(rows(texts)),
                Optional.empty(),
                input.present() && input.format().hasColumns(),
                !input.present() || mayBeBlank());
        PrintWriter err = spec.commandLine().getErr();
        RowLoop loop = new RowLoop(
                source,
                columns,
                takesAll() ? Integer.MAX_VALUE : batch,
                output.onError(),
                message -> err.println("detangle: " + message));
        int read = loop.begin();
        if (read == 0 && loop.failure().isEmpty()) {
            throw new CliException(input.name() + " has no rows: there is nothing to do");
        }
        JoinedColumns joined = output.joined(columns.all(), layout.names());
        try (Progress progress = progress(read, loop.ended(), source)) {
            loop.run(
                    (rows, listener) -> run(pipeline, rows, listener),
                    rows -> progress.aside(() -> sink.print(rows.stream()
                            .flatMap(row -> outputRows(source, row, joined).stream())
                            .toList())),
                    progress::at);
        }
    }

    /** Returns a bar where there is a terminal and the rows are worth one. */
    private Progress progress(int read, boolean all, RowSource source) {
        if (read < MIN_ROWS_OF_A_BAR || !Boolean.getBoolean("detangle.terminal")) {
            return Progress.NONE;
        }
        boolean beside = Boolean.getBoolean("detangle.terminal.output");
        if (beside && !output.inLines()) {
            return Progress.NONE;
        }
        OptionalLong total = all ? OptionalLong.of(read) : input.count(source);
        // Where results go to the terminal too, the bar stands below them, in the same stream.
        PrintWriter terminal =
                beside ? spec.commandLine().getOut() : spec.commandLine().getErr();
        return new ProgressBarOnTerminal(terminal, spec.name(), "", total);
    }

    private List<OutputRow> outputRows(RowSource source, RowLoop.Row computed, JoinedColumns joined) {
        RowLoop.Row row = printed(computed);
        return OutputRow.of(source, row, joined, asked(row.texts()), known(row.source(), row.texts()));
    }
}

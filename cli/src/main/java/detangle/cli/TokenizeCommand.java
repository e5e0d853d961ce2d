package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.InputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerException;
import detangle.models.text.TokenizerKind;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ProgressListener.RowMessage;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.Scalar;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = TokenizeCommand.NAME,
        description = "Prints the tokens of texts, special ones included, with offsets in code points.",
        mixinStandardHelpOptions = true)
final class TokenizeCommand implements Runnable {
    static final String NAME = "tokenize";

    /** The number of rows that go through the tokenizer before they are printed. */
    private static final int TEXTS_PER_BATCH = 32;

    /** The columns of a text, or of a window of one. */
    private static final List<Column> ANSWER = List.of(
            Column.listOf("ids", Scalar.WHOLE),
            Column.listOf("tokens", Scalar.TEXT),
            Column.listOf("offsets", new Column.ListOf(Scalar.WHOLE)),
            Column.listOf(InputNames.TOKEN_TYPES, Scalar.WHOLE));

    /** The help text of the words of {@code --tokenizer}. */
    static final String KINDS =
            "${COMPLETION-CANDIDATES}: the first by default; slow is HuggingFace's other one, sentencepiece"
                    + " microsoft's for v2 and v3, gpt2 microsoft's for v1.";

    /** The words of {@code --tokenizer}. */
    static final class Kinds extends NamedValues<TokenizerKind> {
        Kinds() {
            super(all(TokenizerKind.class), TokenizerKind::text);
        }
    }

    /** The property that holds a second text in JSON. */
    private static final String PAIR = "text_pair";

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Parameters(index = "1..*", paramLabel = "TEXT", description = "Texts to tokenize.")
    private List<String> texts = new ArrayList<>();

    @Mixin
    private InputOptions input;

    @Option(
            names = "--pair",
            description = "Read each line of text as two texts with a tab between them. In JSON, text_pair is the"
                    + " second text even without this option.")
    private boolean pair;

    @Option(names = "--pair-column", paramLabel = "NAME", description = "The column that holds the second text.")
    private Optional<String> pairColumn;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            converter = Kinds.class,
            completionCandidates = Kinds.class,
            description = KINDS)
    private TokenizerKind tokenizer = TokenizerKind.HUGGINGFACE;

    @Option(names = "--max-length", paramLabel = "N", description = "Cut texts to that many tokens.")
    private Optional<Integer> maxLength;

    @Mixin
    private TruncationOption truncation;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description =
                    "Print a line for each window of --max-length tokens; two windows share N tokens of the" + " text.")
    private Optional<Integer> stride;

    @Mixin
    private OutputOptions output;

    @Override
    public void run() {
        if (texts.isEmpty() != input.present()) {
            throw wrongUse("give either texts or --file");
        }
        input.check();
        if ((pair || pairColumn.isPresent()) && !input.present()
                || pair && input.format().hasColumns()) {
            throw wrongUse("--pair goes with a --file of lines of text, and --pair-column with one that has columns");
        }
        if (stride.isPresent() && maxLength.isEmpty()) {
            throw wrongUse("--stride goes with --max-length");
        }
        if (maxLength.filter(n -> n < 1).isPresent()
                || stride.filter(n -> n < 0).isPresent()) {
            throw wrongUse("--max-length must be at least 1, --stride at least 0");
        }
        output.check(Optional.of(input).filter(InputOptions::present), ANSWER, false);
        OutputLayout layout = output.layout(
                List.of(), ANSWER, ANSWER.stream().map(Column::name).toList());
        TextColumns columns = columns();
        // Opened first: a wrong name is told before the tokenizer is loaded.
        try (RowSource source = source(columns)) {
            Tokenizer loaded = Tokenizers.load(model.folderOfTokenizer(), tokenizer);
            Optional<Truncation> cut = cut(loaded);
            PrintWriter err = spec.commandLine().getErr();
            RowLoop loop = new RowLoop(
                    source, columns, TEXTS_PER_BATCH, output.onError(), message -> err.println("detangle: " + message));
            JoinedColumns joined = output.joined(columns.all(), layout.names());
            try (ResultSink sink = output.sink(layout, spec.commandLine().getOut())) {
                loop.run(
                        (rows, listener) -> results(loaded, cut, rows, listener),
                        rows -> sink.print(rows.stream()
                                .flatMap(row ->
                                        OutputRow.of(source, row, joined, Result.object(), Result.object()).stream())
                                .toList()),
                        done -> {});
                sink.end();
            }
        }
    }

    /** Returns the cut to {@code --max-length}; {@code --truncation} without it means what the model takes. */
    private Optional<Truncation> cut(Tokenizer loaded) {
        if (maxLength.isEmpty() && truncation.strategy().isEmpty()) {
            return Optional.empty();
        }
        int maxTokens = maxLength.orElseGet(() -> loaded.modelMaxLength()
                .orElseThrow(() -> new CliException(
                        "the model's tokenizer does not say how many tokens the model takes: give --max-length")));
        return Optional.of(
                new Truncation(maxTokens, truncation.strategy().orElse(Truncation.Strategy.LONGEST_FIRST), stride));
    }

    /**
     * Returns where the texts are: two for each row with {@code --pair-column}, and in JSON for each row that has a
     * second one.
     */
    private TextColumns columns() {
        if (!input.present()) {
            return new TextColumns(
                    GivenRows.columns(List.of(List.of(texts.getFirst()))), Optional.empty(), false, true);
        }
        List<String> needed = new ArrayList<>(List.of(input.column().orElse("text")));
        pairColumn.ifPresent(needed::add);
        InputFormat read = input.format();
        boolean json = read == InputFormat.json || read == InputFormat.jsonl;
        return new TextColumns(
                needed, Optional.of(PAIR).filter(name -> json && pairColumn.isEmpty()), read.hasColumns(), true);
    }

    private RowSource source(TextColumns columns) {
        return input.present()
                ? output.open(input, columns.needed())
                : new GivenRows(texts.stream().map(List::of).toList());
    }

    /** Returns a result for each window of each row. */
    private List<Result> results(
            Tokenizer loaded, Optional<Truncation> cut, List<List<String>> rows, ProgressListener listener) {
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            int row = i;
            List<String> given = rows.get(row);
            if (pair && given.getFirst().indexOf('\t') < 0) {
                listener.unanswerable(new RowMessage(row, "the text", "has no tab between two texts"));
                continue;
            }
            Encoding whole = encoding(loaded, pair ? List.of(given.getFirst().split("\t", 2)) : given);
            try {
                cut.map(c -> c.apply(whole)).orElse(List.of(whole)).forEach(window -> results.add(result(row, window)));
            } catch (TokenizerException e) {
                listener.unanswerable(new RowMessage(row, "the text", "cannot be cut: " + e.getMessage()));
            }
        }
        return results;
    }

    private static Encoding encoding(Tokenizer loaded, List<String> texts) {
        return texts.size() == 1 ? loaded.encode(texts.getFirst()) : loaded.encode(texts.getFirst(), texts.getLast());
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static Result result(int row, Encoding encoding) {
        List<List<Integer>> offsets = IntStream.range(0, encoding.length())
                .mapToObj(i -> List.of(encoding.starts()[i], encoding.ends()[i]))
                .toList();
        SequencedMap<String, Object> answer = Result.object(
                "ids", list(encoding.ids()),
                "tokens", encoding.tokens(),
                "offsets", offsets);
        if (Arrays.stream(encoding.typeIds()).anyMatch(type -> type != 0)) {
            answer.put(InputNames.TOKEN_TYPES, list(encoding.typeIds()));
        }
        List<Object> record = new ArrayList<>();
        ANSWER.forEach(column -> record.add(answer.get(column.name())));
        return new Result(row, answer, answer, List.of(record), String.join(" ", encoding.tokens()));
    }

    private static List<Integer> list(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}

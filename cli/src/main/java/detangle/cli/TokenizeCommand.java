package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerKind;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

@Command(
        name = TokenizeCommand.NAME,
        description = "Prints the tokens of texts, special ones included, with offsets in code points.",
        mixinStandardHelpOptions = true)
final class TokenizeCommand implements Runnable {
    static final String NAME = "tokenize";

    /** How tokens are printed. */
    enum Format {
        text,
        jsonl
    }

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
            description =
                    "A line of text is two texts with a tab between. In JSON text_pair is the second one unasked, where a row"
                            + " has it.")
    private boolean pair;

    @Option(names = "--pair-column", paramLabel = "NAME", description = "The column that holds the second text.")
    private Optional<String> pairColumn;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            converter = Kinds.class,
            completionCandidates = Kinds.class,
            description =
                    "${COMPLETION-CANDIDATES}: the first by default; slow is HuggingFace's other one, sentencepiece"
                            + " microsoft's for v2 and v3, gpt2 microsoft's for v1.")
    private TokenizerKind tokenizer = TokenizerKind.HUGGINGFACE;

    @Option(names = "--max-length", paramLabel = "N", description = "Cut to that many tokens.")
    private Optional<Integer> maxLength;

    @Mixin
    private TruncationOption truncation;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = "Print a line for each window of --max-length tokens; two share N of the text.")
    private Optional<Integer> stride;

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES}; text by default.")
    private Format format = Format.text;

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
            throw wrongUse("--max-length is at least 1, --stride at least 0");
        }
        // Opened first: a wrong name is told before the tokenizer is loaded.
        try (RowSource rows = source()) {
            Tokenizer loaded = Tokenizers.load(model.folder(), tokenizer);
            Optional<Truncation> cut = cut(loaded);
            PrintWriter out = spec.commandLine().getOut();
            for (Optional<SourceRow> row = rows.next(); row.isPresent(); row = rows.next()) {
                print(encoding(loaded, rows.nameOf(row.get()), row.get()), cut, out);
                if (!rows.ready()) {
                    out.flush();
                }
            }
            out.flush();
        }
    }

    /** To {@code --max-length}; {@code --truncation} without it means what the model takes. */
    private Optional<Truncation> cut(Tokenizer loaded) {
        if (maxLength.isEmpty() && truncation.strategy().isEmpty()) {
            return Optional.empty();
        }
        int most = maxLength.orElseGet(() -> loaded.modelMaxLength()
                .orElseThrow(() -> new CliException(
                        "the model's tokenizer does not say how many tokens the model takes: give --max-length")));
        return Optional.of(
                new Truncation(most, truncation.strategy().orElse(Truncation.Strategy.LONGEST_FIRST), stride));
    }

    private void print(Encoding whole, Optional<Truncation> cut, PrintWriter out) {
        for (Encoding window : cut.map(c -> c.apply(whole)).orElse(List.of(whole))) {
            out.println(
                    switch (format) {
                        case text -> String.join(" ", window.tokens());
                        case jsonl -> json(window);
                    });
        }
    }

    private String column() {
        return input.column().orElse("text");
    }

    private RowSource source() {
        if (!input.present()) {
            return new GivenRows(texts.stream().map(List::of).toList());
        }
        List<String> wanted = new ArrayList<>(List.of(column()));
        pairColumn.ifPresent(wanted::add);
        return input.open(wanted, false);
    }

    private Encoding encoding(Tokenizer loaded, String name, SourceRow row) {
        row.fault().ifPresent(fault -> {
            throw new CliException(name + " " + fault);
        });
        String text = text(
                name,
                row,
                input.present() ? column() : row.columns().firstEntry().getKey());
        if (pair) {
            int tab = text.indexOf('\t');
            if (tab < 0) {
                throw new CliException(name + " has no tab between two texts");
            }
            return loaded.encode(text.substring(0, tab), text.substring(tab + 1));
        }
        String second = pairColumn.orElse(PAIR);
        if (pairColumn.isPresent() || row.columns().get(PAIR) != null) {
            return loaded.encode(text, text(name, row, second));
        }
        return loaded.encode(text);
    }

    private static String text(String name, SourceRow row, String column) {
        Object value = row.columns().get(column);
        if (!row.columns().containsKey(column)) {
            throw new CliException(name + " has no '" + column + "'");
        }
        if (!(value instanceof String text)) {
            throw new CliException(name + ", column '" + column + "' is "
                    + (value == null ? "null" : JsonValues.kind(value)) + ", not a text");
        }
        return text;
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static String json(Encoding encoding) {
        int[][] offsets = new int[encoding.length()][];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = new int[] {encoding.starts()[i], encoding.ends()[i]};
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("ids", encoding.ids());
        line.put("tokens", encoding.tokens());
        line.put("offsets", offsets);
        if (Arrays.stream(encoding.typeIds()).anyMatch(t -> t != 0)) {
            line.put("token_type_ids", encoding.typeIds());
        }
        return JsonMapper.shared().writeValueAsString(line);
    }
}

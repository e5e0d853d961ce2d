package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerKind;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

@Command(
        name = "tokenize",
        description = "Prints the tokens of texts, special ones included, with offsets in code points.",
        mixinStandardHelpOptions = true)
final class TokenizeCommand implements Runnable {
    /** How tokens are printed. */
    enum Format {
        text,
        jsonl
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Parameters(index = "1..*", paramLabel = "TEXT", description = "Texts to tokenize.")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "A text a line; with .jsonl, a JSON string or {\"text\", \"text_pair\"} a line.")
    private Optional<Path> file;

    @Option(names = "--pair", description = "A line is two texts with a tab between.")
    private boolean pair;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            description = "huggingface (default), slow, sentencepiece (microsoft's for v2 and v3), "
                    + "gpt2 (microsoft's for v1).")
    private String tokenizer = TokenizerKind.HUGGINGFACE.text();

    @Option(names = "--max-length", paramLabel = "N", description = "Cut to that many tokens.")
    private Optional<Integer> maxLength;

    @Option(
            names = "--truncation",
            paramLabel = "STRATEGY",
            description = "longest_first (default), only_first or only_second: which text of a pair is cut.")
    private String truncation = Truncation.Strategy.LONGEST_FIRST.text();

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = "Print a line for each window of --max-length tokens; two share N of the text.")
    private Optional<Integer> stride;

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES}; text by default.")
    private Format format = Format.text;

    @Override
    public void run() {
        if (texts.isEmpty() == file.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "give either texts or --file");
        }
        if (stride.isPresent() && maxLength.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--stride goes with --max-length");
        }
        if (maxLength.filter(n -> n < 1).isPresent()
                || stride.filter(n -> n < 0).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--max-length is at least 1, --stride at least 0");
        }
        TokenizerKind kind = TokenizerKind.named(tokenizer)
                .orElseThrow(() -> new CliException("there is no tokenizer '" + tokenizer + "'; there are "
                        + Arrays.stream(TokenizerKind.values())
                                .map(TokenizerKind::text)
                                .collect(Collectors.joining(", "))));
        Truncation.Strategy strategy = Truncation.Strategy.named(truncation)
                .orElseThrow(() -> new CliException("there is no truncation '" + truncation + "'; there are "
                        + Arrays.stream(Truncation.Strategy.values())
                                .map(Truncation.Strategy::text)
                                .collect(Collectors.joining(", "))));
        Optional<Truncation> cut = maxLength.map(n -> new Truncation(n, strategy, stride));
        List<TextLines.Line> lines = file.isPresent()
                ? TextLines.read(file.get(), pair)
                : texts.stream()
                        .map(t -> new TextLines.Line(t, Optional.empty()))
                        .toList();
        Tokenizer loaded = Tokenizers.load(model.folder(), kind);
        PrintWriter out = spec.commandLine().getOut();
        for (TextLines.Line line : lines) {
            Encoding whole = line.second()
                    .map(second -> loaded.encode(line.first(), second))
                    .orElseGet(() -> loaded.encode(line.first()));
            for (Encoding window : cut.map(c -> c.apply(whole)).orElse(List.of(whole))) {
                out.println(
                        switch (format) {
                            case text -> String.join(" ", window.tokens());
                            case jsonl -> json(window);
                        });
            }
        }
        out.flush();
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

package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerKind;
import detangle.models.text.Tokenizers;
import detangle.train.data.CorpusWriter;
import detangle.train.data.DataColumns;
import detangle.train.data.DataRow;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "prepare-corpus",
        description = {
            "Prepares a corpus for pre-training: the tokens of all texts, cut into lines of as many as a model takes.",
            "It does what the original's prepare_data.py does, for files of any size."
        },
        mixinStandardHelpOptions = true)
final class PrepareCorpusCommand implements Runnable {
    private static final int DEFAULT_MAX_LENGTH = 512;
    private static final int BYTES_PER_MEGABYTE = 1_000_000;

    /** The number of characters that are tokenized at once. */
    private static final int BATCH_CHARACTERS = 1 << 18;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Option(
            names = {"-i", "--input"},
            required = true,
            paramLabel = "FILE",
            description = "A file with a text a line, or rows in a .csv, .tsv, .json, .jsonl or .parquet. The"
                    + " option may be given several times.")
    private List<Path> inputs;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The file to write. It appears whole or not at all.")
    private Path output;

    @Option(
            names = "--max-seq-length",
            paramLabel = "N",
            description = "The most tokens of an example, with the two that stand around a line; 512 by default.")
    private int length = DEFAULT_MAX_LENGTH;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            converter = TokenizeCommand.Kinds.class,
            completionCandidates = TokenizeCommand.Kinds.class,
            description = TokenizeCommand.KINDS)
    private TokenizerKind tokenizer = TokenizerKind.HUGGINGFACE;

    @Option(names = "--text-column", paramLabel = "NAME", description = DataOptions.TEXT_COLUMN)
    private Optional<String> textColumn;

    @Option(names = "--input-format", paramLabel = "FORMAT", description = InputOptions.FORMAT)
    private Optional<InputFormat> format;

    @Mixin
    private ThreadsOption threads;

    @Override
    public void run() {
        threads.apply();
        List<TrainingFile> files = inputs.stream()
                .map(path -> new TrainingFile(path, Optional.of(formatOf(path)), Optional.empty()))
                .toList();
        for (Path input : inputs) {
            RowFiles.check(input);
            if (input.toAbsolutePath()
                    .normalize()
                    .equals(output.toAbsolutePath().normalize())) {
                throw new CliException(output + " is --input too: name another --output");
            }
        }
        Tokenizer loaded = Tokenizers.load(model.folderOfTokenizer(), tokenizer);
        try (CorpusWriter writer = new CorpusWriter(output, loaded, length);
                Progress progress = progress()) {
            long bytes = 0;
            for (TrainingFile file : files) {
                bytes = add(file, writer, bytes, progress);
            }
            writer.finish();
            progress.aside(() -> spec.commandLine()
                    .getErr()
                    .printf(
                            Locale.ROOT,
                            "detangle: wrote %s: %d tokens in %d lines%n",
                            output,
                            writer.tokens(),
                            writer.lines()));
        }
    }

    /** Adds the texts of a file, and returns how many bytes there have been so far. */
    private long add(TrainingFile file, CorpusWriter writer, long before, Progress progress) {
        DataColumns columns = new DataColumns(textColumn, Optional.empty(), Optional.empty());
        List<String> texts = new ArrayList<>();
        long characters = 0;
        long bytes = before;
        try (RowSource source = file.open()) {
            for (Optional<SourceRow> next = source.next(); next.isPresent(); next = source.next()) {
                DataRow row = TrainingFile.row(source, next.get());
                String text = row.textOrBlank(columns.textOf(row)); // Lines between paragraphs are blank.
                texts.add(text);
                characters += text.length() + 1;
                bytes += text.getBytes(StandardCharsets.UTF_8).length + 1;
                if (characters > BATCH_CHARACTERS) {
                    writer.add(texts);
                    texts.clear();
                    characters = 0;
                    progress.at(bytes / BYTES_PER_MEGABYTE);
                }
            }
        }
        writer.add(texts);
        return bytes;
    }

    /**
     * Returns the format of a file; it is lines of text unless the name or the options say otherwise, as in
     * wiki.train.tokens.
     */
    private InputFormat formatOf(Path file) {
        return format.or(() -> InputFormat.of(file)).orElse(InputFormat.text);
    }

    private Progress progress() {
        if (!Boolean.getBoolean("detangle.terminal")) {
            return Progress.NONE;
        }
        return new ProgressBarOnTerminal(spec.commandLine().getErr(), spec.name(), "MB", megabytes());
    }

    /** Returns the size of the files, if they hold nothing but texts. */
    private OptionalLong megabytes() {
        long bytes = 0;
        for (Path input : inputs) {
            if (formatOf(input) != InputFormat.text || InputFormat.isCompressed(input)) {
                return OptionalLong.empty();
            }
            bytes += input.toFile().length();
        }
        return OptionalLong.of(Math.max(1, bytes / BYTES_PER_MEGABYTE));
    }
}

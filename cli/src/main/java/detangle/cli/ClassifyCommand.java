package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.Classification;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextClassifier;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "classify",
        description = "Classifies texts, from the command line or from a column of a CSV file.",
        mixinStandardHelpOptions = true)
final class ClassifyCommand implements Runnable {
    private static final int LONG_FILE = 200;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TEXT", description = "Texts to classify.")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--file", paramLabel = "FILE.csv", description = "A CSV file with a header line.")
    private Optional<Path> file;

    @Option(names = "--column", paramLabel = "NAME", description = "The column that holds the texts.")
    private Optional<String> column;

    @Option(names = "--batch", paramLabel = "N", description = "Texts run at once; ${DEFAULT-VALUE} by default.")
    private int batch = 32;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description =
                    "A folder with config.json, weights and tokenizer; the model shipped with Detangle by default.")
    private Optional<Path> model;

    @Option(names = "--top-k", paramLabel = "K", description = "Labels to print for a text; 1 by default.")
    private int topK = 1;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "vector, reference, tornado[:opencl|ptx|cuda[:N]], hybrid or auto; the best on the CPU by default.")
    private Optional<String> backend;

    @Option(names = "--truncation", description = "Cut texts that are longer than the model takes, with a warning.")
    private boolean truncation;

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES}; text by default.")
    private ResultFormat format = ResultFormat.text;

    @Override
    public void run() {
        if (texts.isEmpty() == file.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "give either texts or --file");
        }
        if (file.isPresent() != column.isPresent()) {
            throw new ParameterException(spec.commandLine(), "--file and --column go together");
        }
        if (batch < 1 || topK < 1) {
            throw new ParameterException(spec.commandLine(), "--batch and --top-k are at least 1");
        }
        List<String> input = file.isPresent() ? CsvColumn.read(file.get(), column.get()) : texts;
        if (input.isEmpty()) {
            throw new CliException(file.get() + " has no rows: there is nothing to classify");
        }
        PipelineOptions options = PipelineOptions.DEFAULT
                .withBackend(backend)
                .withBatchSize(batch)
                .withTruncation(truncation);
        try (TextClassifier classifier = TextClassifier.load(model.orElseGet(ShippedModel::folder), options)) {
            List<List<Classification>> results = classify(classifier, input);
            List<List<Classification>> best = results.stream()
                    .map(r -> r.subList(0, Math.min(topK, r.size())))
                    .toList();
            PrintWriter out = spec.commandLine().getOut();
            format.write(out, input, best);
            out.flush();
        }
    }

    private List<List<Classification>> classify(TextClassifier classifier, List<String> input) {
        boolean shown = input.size() >= LONG_FILE && Boolean.getBoolean("detangle.terminal");
        if (!shown) {
            return classifier.classify(input, done -> {});
        }
        try (Progress progress = new Progress("classify", input.size())) {
            IntConsumer step = progress::at;
            return classifier.classify(input, step);
        }
    }
}

package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.BertScore;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.BertScorer;
import detangle.pipelines.PipelineOptions;
import detangle.runtime.OptionValues;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "bertscore",
        aliases = "bert-score",
        description = "Scores how similar generated texts are to references, by BERTScore.",
        mixinStandardHelpOptions = true)
final class BertScoreCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--cands"},
            required = true,
            paramLabel = "FILE",
            description = "The texts to score: a file with a text a line, or one text.")
    private String candidates;

    @Option(
            names = {"-r", "--refs"},
            required = true,
            arity = "1..*",
            paramLabel = "FILE",
            description = "The references: a file with a reference for each line of the texts, or one text. Several"
                    + " files are several references.")
    private List<String> references;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "A folder with config.json, weights and tokenizer, or a model's name on the hub.")
    private Optional<String> model;

    @Option(
            names = {"-l", "--num-layers"},
            paramLabel = "N",
            description =
                    "The layer whose states BERTScore compares; bert-score's choice for published models by default.")
    private Optional<Integer> numLayers;

    @Option(names = "--all-layers", description = "Compare every layer, from the embeddings on, instead of one.")
    private boolean allLayers;

    @Option(names = "--idf", description = "Let tokens that are rare in the references count more.")
    private boolean idf;

    @Option(
            names = "--rescale-with-baseline",
            description = "Rescale scores, so that texts that have nothing in common score about 0.")
    private boolean rescale;

    @Option(
            names = "--baseline-path",
            paramLabel = "FILE",
            description = "The baselines: a file of bert-score's rescale_baseline, or that folder.")
    private Optional<Path> baselines;

    @Option(
            names = "--lang",
            paramLabel = "LANG",
            description = "The language of the baselines in a folder; en by default.")
    private String language = "en";

    @Option(
            names = {"-s", "--seg-level"},
            description = "Print precision, recall and F1 of each text too.")
    private boolean each;

    @Option(
            names = {"-b", "--batch"},
            paramLabel = "N",
            description = "Texts run at once; ${DEFAULT-VALUE} by default.")
    private int batch = 64;

    @Mixin
    private BackendOption backend;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private WeightTypeOption weightType;

    @Mixin
    private ThreadsOption threads;

    @Mixin
    private TruncationOption truncation;

    @Mixin
    private LengthOption length;

    @Override
    public void run() {
        if (batch < 1) {
            throw wrongUse("--batch must be at least 1");
        }
        if (rescale != baselines.isPresent()) {
            throw wrongUse("--rescale-with-baseline and --baseline-path go together");
        }
        if (allLayers && numLayers.isPresent()) {
            throw wrongUse("choose either --num-layers or --all-layers");
        }
        String name = model.orElseThrow(() -> wrongUse("name a model with --model"));
        threads.apply();
        List<String> given = texts(candidates);
        List<List<String>> right = references(given.size());
        PipelineOptions asked = truncation
                .of(PipelineOptions.DEFAULT)
                .withBatchSize(batch)
                .withPrecision(precision.chosen(backend.name()))
                .withWarmUp(false);
        PipelineOptions placed = OptionValues.with(asked, backend.name(), PipelineOptions::withBackend);
        PipelineOptions typed = OptionValues.with(placed, weightType.narrowed(), PipelineOptions::withWeightType);
        PipelineOptions options = OptionValues.with(typed, length.tokens(spec), PipelineOptions::withMaxLength);
        BertScoreOptions all = new BertScoreOptions(
                numLayers.or(() -> BertScorer.layersOf(name)).stream()
                        .mapToInt(Integer::intValue)
                        .findFirst(),
                allLayers,
                idf,
                baselines.map(path -> baseline(name, path)));
        try (BertScorer scorer = BertScorer.load(ModelFolder.of(name), all, options)) {
            print(name, scorer.layers(), scorer.scoreLayers(given, right, done -> {}));
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Returns the lines of a file, or the text itself if there is no such file. */
    private static List<String> texts(String fileOrText) {
        if (!isFile(fileOrText)) {
            return List.of(fileOrText);
        }
        List<String> lines = new ArrayList<>();
        try (LineReader reader = new LineReader(RowFiles.reader(Path.of(fileOrText)))) {
            while (true) {
                reader.beginRow(lines.size() + 1, "");
                Optional<String> line = reader.next();
                if (line.isEmpty()) {
                    break;
                }
                lines.add(line.get());
            }
        }
        if (lines.isEmpty()) {
            throw new CliException(fileOrText + " has no lines: there is nothing to do");
        }
        return lines;
    }

    private static boolean isFile(String fileOrText) {
        try {
            return Files.isRegularFile(Path.of(fileOrText));
        } catch (InvalidPathException e) {
            return false; // A text that no file can be called.
        }
    }

    /** Returns the references of each candidate, a line of each file. */
    private List<List<String>> references(int count) {
        List<List<String>> files =
                references.stream().map(BertScoreCommand::texts).toList();
        for (int i = 0; i < files.size(); i++) {
            if (files.get(i).size() != count) {
                throw new CliException(
                        references.get(i) + " has " + files.get(i).size() + " references, and there are " + count
                                + " candidates: a line of each belongs together");
            }
        }
        return IntStream.range(0, count)
                .mapToObj(i -> files.stream().map(file -> file.get(i)).toList())
                .toList();
    }

    /** Returns the file of baselines; in a folder of bert-score's, that of the language and the model. */
    private Path baseline(String model, Path fileOrFolder) {
        if (!Files.isDirectory(fileOrFolder)) {
            return fileOrFolder;
        }
        String file = model.replaceFirst("[/\\\\]+$", "").replaceFirst("^.*[/\\\\]", "") + ".tsv";
        Path direct = fileOrFolder.resolve(language).resolve(file);
        return Files.exists(direct)
                ? direct
                : fileOrFolder.resolve(language).resolve("microsoft").resolve(file);
    }

    /** A line for each layer, as bert-score prints it, then the scores of each text. */
    private void print(String model, List<Integer> layers, List<List<BertScore>> scores) {
        PrintWriter out = spec.commandLine().getOut();
        for (int i = 0; i < layers.size(); i++) {
            int layer = i;
            List<BertScore> ofLayer = scores.stream().map(all -> all.get(layer)).toList();
            out.println(String.format(
                    Locale.ROOT,
                    "%s_L%d_%s%s P: %.6f R: %.6f F1: %.6f",
                    model,
                    layers.get(i),
                    idf ? "idf" : "no-idf",
                    rescale ? "-rescaled" : "",
                    mean(ofLayer, BertScore::precision),
                    mean(ofLayer, BertScore::recall),
                    mean(ofLayer, BertScore::f1)));
            if (each) {
                ofLayer.forEach(score -> out.println(
                        String.format(Locale.ROOT, "%.6f\t%.6f\t%.6f", score.precision(), score.recall(), score.f1())));
            }
        }
        out.flush();
    }

    private static double mean(List<BertScore> scores, ToDoubleFunction<BertScore> value) {
        return scores.stream().mapToDouble(value).average().orElse(0);
    }
}

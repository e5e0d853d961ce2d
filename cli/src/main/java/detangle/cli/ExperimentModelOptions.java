package detangle.cli;

import detangle.experiment.ModelSource;
import detangle.models.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code experiment} that say which model it begins with. */
final class ExperimentModelOptions {
    /** The words of {@code --vocab_type}. */
    static final class VocabularyTypes extends NamedValues<String> {
        VocabularyTypes() {
            super(List.of("spm", "gpt2"), word -> word);
        }
    }

    @Option(
            names = "--init_model",
            paramLabel = "MODEL",
            description =
                    "The model to begin with: base, large, xlarge, base-mnli, xlarge-v2, deberta-v3-small and so on, a"
                            + " name on the hub, a folder, or a file of weights; without one, or with '-', all"
                            + " parameters begin"
                            + " with initial values.")
    private Optional<String> initModel;

    @Option(
            names = "--model_config",
            paramLabel = "FILE",
            description = "A configuration whose fields replace those of the model, except sizes.")
    private Optional<Path> modelConfig;

    @Option(
            names = "--cls_drop_out",
            paramLabel = "X",
            description = "The dropout before the classifier; the configuration's by default.")
    private Optional<Double> clsDropOut;

    @Option(
            names = "--vocab_type",
            paramLabel = "NAME",
            converter = VocabularyTypes.class,
            completionCandidates = VocabularyTypes.class,
            description = "The kind of the vocabulary, an option of the original: ${COMPLETION-CANDIDATES}. The"
                    + " file of --vocab_path decides it here.")
    private Optional<String> vocabType;

    @Option(
            names = "--vocab_path",
            paramLabel = "FILE",
            description =
                    "The vocabulary: spm.model, bpe_encoder.bin or another file of a tokenizer, or a folder with such"
                            + " files; that of the model by default.")
    private Optional<Path> vocabPath;

    @Option(
            names = "--pre_trained",
            hidden = true,
            description = "An option of the original that is refused: --init_model names the model.")
    private Optional<String> preTrained;

    /** Returns the model, downloaded if it has to be. */
    ModelSource source(CommandSpec spec) {
        if (preTrained.isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "--pre_trained is not read here: name the model by --init_model");
        }
        Optional<String> named = initModel.map(String::strip).filter(name -> !name.isEmpty() && !name.equals("-"));
        Optional<Path> model = named.map(name -> Files.exists(Path.of(name)) ? Path.of(name) : ModelFolder.of(name));
        return new ModelSource(
                model,
                modelConfig,
                tokenizer(spec, model),
                clsDropOut.map(OptionalDouble::of).orElse(OptionalDouble.empty()));
    }

    /**
     * Returns the folder with the tokenizer: that of {@code --vocab_path}, of the model, or beside the configuration.
     */
    private Path tokenizer(CommandSpec spec, Optional<Path> model) {
        Stream<Path> places = Stream.of(vocabPath.map(path -> folder(spec, path)), model, modelConfig)
                .flatMap(Optional::stream)
                .map(path ->
                        Files.isDirectory(path) ? path : path.toAbsolutePath().getParent());
        return places.filter(Tokenizers::exists)
                .findFirst()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "there is no tokenizer: name its file or folder by --vocab_path"));
    }

    private static Path folder(CommandSpec spec, Path path) {
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        boolean isKnown = Files.isDirectory(path)
                || Files.isRegularFile(path)
                        && Tokenizers.FILES.contains(path.getFileName().toString());
        if (!isKnown || !Tokenizers.exists(folder)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--vocab_path " + path + " is not a file or a folder of a tokenizer, such as spm.model or"
                            + " bpe_encoder.bin");
        }
        return folder;
    }
}

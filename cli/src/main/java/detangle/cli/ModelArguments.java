package detangle.cli;

import detangle.models.deberta.DropoutChange;
import detangle.runtime.OptionValues;
import detangle.train.task.Task;
import detangle.train.task.TaskModel;
import detangle.train.task.TaskModelOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of the model that is trained, by the names of HuggingFace's scripts and configurations. */
final class ModelArguments {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODEL",
            description =
                    "The model to begin with: a folder, or a name on the hub. Without a model, --config is needed.")
    private Optional<String> model;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The config.json of a model that is trained from scratch.")
    private Optional<Path> config;

    @Option(
            names = "--tokenizer-name",
            paramLabel = "FOLDER",
            description = "The model whose tokenizer goes with --config; the tokenizer in its folder by default.")
    private Optional<String> tokenizerName;

    @Option(
            names = "--ignore-mismatched-sizes",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Begin with a new head if the model's was trained for another number of labels. By default"
                    + " such a model is refused.")
    private boolean ignoresSizes;

    @Option(
            names = "--hidden-dropout-prob",
            paramLabel = "X",
            description = "The share of hidden states that is dropped; that of the model's config.json by default.")
    private Optional<Double> hidden;

    @Option(
            names = "--attention-probs-dropout-prob",
            paramLabel = "X",
            description = "The share of attention probabilities that is dropped; config.json's by default.")
    private Optional<Double> attention;

    @Option(
            names = "--pooler-dropout",
            paramLabel = "X",
            description = "The share of the pooler's inputs that is dropped; config.json's by default.")
    private Optional<Double> pooler;

    @Option(
            names = {"--classifier-dropout", "--cls-dropout"},
            paramLabel = "X",
            description = "The share of the inputs of the classifier of texts or choices that is dropped;"
                    + " config.json's cls_dropout by default, or else that of hidden states.")
    private Optional<Double> classifier;

    /**
     * Refuses what does not go together.
     *
     * @param adapts whether an adapter is trained
     */
    void check(boolean adapts) {
        if (model.isPresent() == config.isPresent()) {
            throw wrongUse("name a MODEL to begin with, or the --config of one to train from scratch");
        }
        if (config.isPresent() && adapts) {
            throw wrongUse("--lora needs a MODEL that has been trained, and not --config");
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Returns the folder of the model, or the file of the configuration. */
    Path folder() {
        return model.map(ModelFolder::of).orElseGet(() -> config.orElseThrow());
    }

    /** Returns the name by which the user calls the model. */
    String name(Path folder) {
        return model.orElse(folder.toString());
    }

    /** Returns the folder with the tokenizer. */
    Path vocabulary(Path folder) {
        return tokenizerName.map(ModelFolder::withoutWeights).orElseGet(() -> ofTokenizer(folder));
    }

    private static Path ofTokenizer(Path model) {
        return Files.isRegularFile(model) && model.toString().endsWith(".json")
                ? model.toAbsolutePath().getParent()
                : model;
    }

    /** Makes the model to train. */
    TaskModel taskModel(Path folder, Path vocabulary, Task task, TaskModelOptions options) {
        TaskModelOptions asked = options.with(dropout()).withIgnoreMismatchedSizes(ignoresSizes);
        return config.isPresent()
                ? TaskModel.fresh(folder, vocabulary, task, asked)
                : TaskModel.read(folder, task, asked);
    }

    private DropoutChange dropout() {
        DropoutChange first = OptionValues.with(DropoutChange.NONE, hidden, DropoutChange::withHidden);
        DropoutChange second = OptionValues.with(first, attention, DropoutChange::withAttention);
        DropoutChange third = OptionValues.with(second, pooler, DropoutChange::withPooler);
        return OptionValues.with(third, classifier, DropoutChange::withClassifier);
    }
}

package detangle.train.task;

import detangle.ir.Program;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InitialWeights;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.deberta.StartingWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.weights.Weights;
import detangle.train.TrainableModel;
import detangle.train.lora.Lora;
import detangle.train.lora.LoraOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model with the head of a task.
 *
 * @param model the model for a trainer; it is evaluated without dropout, and written as a folder of HuggingFace
 * @param config the configuration with the head and the labels of the task
 * @param files the writer of the model's files beside its weights
 * @param notices remarks for the user, one line each: the parameters that begin with initial values
 */
public record TaskModel(TrainableModel model, DebertaConfig config, ModelFolderWriter files, List<String> notices) {

    /**
     * Reads a model with its weights. Parameters of the head that the checkpoint lacks begin with initial values.
     *
     * @param folder a folder with config.json, weights and tokenizer
     * @throws detangle.models.deberta.HeadException if the checkpoint has parameters of the head in another shape, and
     *     the options do not ignore it
     */
    public static TaskModel read(Path folder, Task task, TaskModelOptions options) {
        ModelFolderWriter writer = writer(ModelFolderWriter.like(folder), task, options);
        Program training = TrainingModel.build(writer.config(), task.head(), options.training());
        try (Weights weights = Weights.open(folder)) {
            StartingWeights starting = StartingWeights.of(
                    weights,
                    training,
                    Optional.of(task.head()),
                    initial(writer, options),
                    options.ignoreMismatchedSizes());
            return of(writer, task, options, training, starting, starting.messages(folder));
        }
    }

    /**
     * Makes an untrained model from a configuration: all parameters begin with initial values.
     *
     * @param configuration a config.json, or a folder with one
     * @param tokenizer a folder with the files of a tokenizer
     */
    public static TaskModel fresh(Path configuration, Path tokenizer, Task task, TaskModelOptions options) {
        ConfigFields fields = Files.isDirectory(configuration)
                ? ConfigFields.read(configuration, "config.json")
                : ConfigFields.read(configuration);
        ModelFolderWriter writer = writer(ModelFolderWriter.of(fields, tokenizer), task, options);
        Program training = TrainingModel.build(writer.config(), task.head(), options.training());
        StartingWeights starting = StartingWeights.fromScratch(training, initial(writer, options));
        return of(writer, task, options, training, starting, starting.messages(configuration));
    }

    /**
     * Returns the same model, of which an adapter and the head are trained. A trainer writes the adapter alone.
     *
     * @param baseModel the name of this model in the adapter's files
     * @param seed the seed of the first values of the adapter
     */
    public TaskModel withAdapter(LoraOptions options, String baseModel, long seed) {
        TrainableModel adapted = Lora.adapted(model, files, options, Optional.of(baseModel), seed);
        return new TaskModel(adapted, config, files, notices);
    }

    private static InitialWeights initial(ModelFolderWriter writer, TaskModelOptions options) {
        return new InitialWeights(writer.config(), Convention.HUGGINGFACE, options.seed());
    }

    private static ModelFolderWriter writer(ModelFolderWriter plain, Task task, TaskModelOptions options) {
        ModelFolderWriter headed = plain.withHead(task.head()).withDropout(options.dropout());
        ModelFolderWriter labelled = task.labels().isEmpty() ? headed : headed.withLabels(task.labels());
        return task.problem().map(labelled::withProblemType).orElse(labelled);
    }

    private static TaskModel of(
            ModelFolderWriter writer,
            Task task,
            TaskModelOptions options,
            Program training,
            StartingWeights starting,
            List<String> notices) {
        TrainingModelOptions evaluated = options.training()
                .withDropout(false)
                .withLabelSmoothing(0)
                .withClassWeights(List.of())
                .withLossDivisor(false);
        TrainableModel model = TrainableModel.of(
                        training, starting.parameters(), writer.config().numHiddenLayers())
                .withEvaluation(TrainingModel.build(writer.config(), task.head(), evaluated))
                .withWriter(writer::writeInto);
        return new TaskModel(model, writer.config(), writer, notices);
    }
}

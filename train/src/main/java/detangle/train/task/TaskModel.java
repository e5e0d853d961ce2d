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
     * Reads a model with its weights. Parameters that the checkpoint lacks, or has in another shape, begin with initial
     * values.
     *
     * @param folder a folder with config.json, weights and tokenizer
     * @param options the options of the model and its loss, for training
     * @param seed the seed of initial values
     */
    public static TaskModel read(Path folder, Task task, TrainingModelOptions options, long seed) {
        ModelFolderWriter writer = writer(ModelFolderWriter.like(folder), task);
        Program training = TrainingModel.build(writer.config(), task.head(), options);
        try (Weights weights = Weights.open(folder)) {
            StartingWeights starting =
                    StartingWeights.of(weights, training, Optional.of(task.head()), initial(writer, seed), true);
            return of(writer, task, options, training, starting, starting.messages(folder));
        }
    }

    /**
     * Makes an untrained model from a configuration: all parameters begin with initial values.
     *
     * @param configuration a config.json, or a folder with one
     * @param tokenizer a folder with the files of a tokenizer
     */
    public static TaskModel fresh(
            Path configuration, Path tokenizer, Task task, TrainingModelOptions options, long seed) {
        ConfigFields fields = Files.isDirectory(configuration)
                ? ConfigFields.read(configuration, "config.json")
                : ConfigFields.read(configuration);
        ModelFolderWriter writer = writer(ModelFolderWriter.of(fields, tokenizer), task);
        Program training = TrainingModel.build(writer.config(), task.head(), options);
        StartingWeights starting = StartingWeights.fromScratch(training, initial(writer, seed));
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

    private static InitialWeights initial(ModelFolderWriter writer, long seed) {
        return new InitialWeights(writer.config(), Convention.HUGGINGFACE, seed);
    }

    private static ModelFolderWriter writer(ModelFolderWriter plain, Task task) {
        ModelFolderWriter headed = plain.withHead(task.head());
        ModelFolderWriter labelled = task.labels().isEmpty() ? headed : headed.withLabels(task.labels());
        return task.problem().map(labelled::withProblemType).orElse(labelled);
    }

    private static TaskModel of(
            ModelFolderWriter writer,
            Task task,
            TrainingModelOptions options,
            Program training,
            StartingWeights starting,
            List<String> notices) {
        TrainingModelOptions evaluated = options.withDropout(false)
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

package detangle.experiment;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DropoutChange;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.deberta.SiftOptions;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.runtime.OptionValues;
import detangle.train.TrainingException;
import detangle.train.task.TaskModel;
import detangle.train.task.TaskModelOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The model that an experiment begins with.
 *
 * @param initModel the folder of a model, or a file of weights with its configuration beside it; empty if all
 *     parameters begin with initial values
 * @param modelConfig a configuration; its fields take the place of those of the model's configuration, but for the
 *     sizes of the model. It may be empty where there is a model
 * @param tokenizer the folder with the files of the tokenizer
 * @param clsDropOut the dropout before the classifier; empty for the configuration's
 */
public record ModelSource(
        Optional<Path> initModel, Optional<Path> modelConfig, Path tokenizer, OptionalDouble clsDropOut) {
    /** The fields of a trained model that a configuration cannot change. */
    private static final Set<String> SIZES = Set.of(
            "hidden_size",
            "intermediate_size",
            "num_attention_heads",
            "num_hidden_layers",
            "vocab_size",
            "max_position_embeddings");

    private static final List<String> CONFIGS = List.of("config.json", "model_config.json");

    /**
     * Returns the tokenizer for a model.
     *
     * @param model the configuration of the model
     * @throws detangle.models.deberta.ConfigException if the tokenizer has ids that the model has no embeddings of
     */
    public Tokenizer loadTokenizer(DebertaConfig model) {
        Tokenizer loaded = Tokenizers.load(tokenizer);
        model.checkTokenizer(loaded, tokenizer);
        return loaded;
    }

    /**
     * Returns the configuration: that of the model, with the fields of {@code model_config} in the place of its own,
     * but for its sizes.
     *
     * @throws TrainingException if there is none
     */
    public ConfigFields config() {
        Optional<ConfigFields> given = modelConfig.map(ConfigFields::read);
        Optional<ConfigFields> ofModel = initModel.flatMap(ModelSource::configOf);
        if (given.isEmpty() && ofModel.isEmpty()) {
            throw new TrainingException(initModel
                    .map(path -> path + " has no config.json beside it: name one by model_config")
                    .orElse("a model that begins with initial values needs model_config, and one that has been trained"
                            + " init_model"));
        }
        return ofModel.map(own -> given.map(other -> merged(own, other)).orElse(own))
                .orElseGet(given::orElseThrow);
    }

    private static Optional<ConfigFields> configOf(Path model) {
        Path folder = Files.isDirectory(model) ? model : model.toAbsolutePath().getParent();
        return CONFIGS.stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst()
                .map(ConfigFields::read);
    }

    private static ConfigFields merged(ConfigFields own, ConfigFields other) {
        ObjectNode merged = (ObjectNode) own.root().deepCopy();
        for (String field : other.names()) {
            if (!SIZES.contains(field) || !merged.has(field)) {
                merged.set(field, other.root().get(field));
            }
        }
        if (other.find("pooling").isPresent()) {
            // These are HuggingFace's names of the same fields.
            merged.remove(List.of("pooler_dropout", "pooler_hidden_act"));
        }
        return new ConfigFields(own.file(), merged);
    }

    /** Returns the writer of the model's files beside its weights, whose configuration has no head yet. */
    public ModelFolderWriter writer() {
        return ModelFolderWriter.of(config(), tokenizer);
    }

    /**
     * Makes the model with a head. If the head of a checkpoint has another size, the head begins with initial values,
     * as in the original, and the notices say so.
     *
     * @param sift the options of SiFT; empty if the model is fine-tuned without it
     * @param seed the seed of initial values
     * @throws detangle.models.deberta.LossException if the head has a loss of its own, and is to be fine-tuned
     *     adversarially
     */
    public TaskModel model(TaskHead head, Optional<SiftOptions> sift, long seed) {
        return switch (head) {
            case TaskHead.Published(var task, boolean softLabels) ->
                TaskModel.of(
                        writer(),
                        initModel,
                        task,
                        options(TrainingModelOptions.of(task.head()).withSoftLabels(softLabels), sift, seed));
            case TaskHead.Own own -> {
                ModelFolderWriter writer = writer().withHead(Architecture.ENCODER);
                yield TaskModel.of(
                        own.labels().isEmpty() ? writer : writer.withLabels(own.labels()),
                        initModel,
                        own.head(),
                        own.loss(),
                        options(TrainingModelOptions.DEFAULT, sift, seed));
            }
        };
    }

    private TaskModelOptions options(TrainingModelOptions training, Optional<SiftOptions> sift, long seed) {
        return TaskModelOptions.of(Architecture.ENCODER)
                .with(OptionValues.with(training, sift, TrainingModelOptions::with))
                .with(
                        clsDropOut.isPresent()
                                ? DropoutChange.NONE.withClassifier(clsDropOut.getAsDouble())
                                : DropoutChange.NONE)
                .with(Convention.MICROSOFT)
                .withIgnoreMismatchedSizes(true)
                .withSeed(seed);
    }
}

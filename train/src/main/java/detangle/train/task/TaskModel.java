package detangle.train.task;

import detangle.ir.OneLine;
import detangle.ir.Program;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DropoutRates;
import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.InitialWeights;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.deberta.ProblemType;
import detangle.models.deberta.StartingWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.weights.Weights;
import detangle.train.TrainableModel;
import detangle.train.lora.Lora;
import detangle.train.lora.LoraOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model with the head of a task.
 *
 * @param model the model for a trainer; it is evaluated without dropout, and written as a folder of HuggingFace
 * @param config the configuration with the head and the labels of the task
 * @param files the writer of the model's files beside its weights
 * @param notices remarks for the user, one line each: the parameters that begin with initial values, and labels whose
 *     classifier was trained for others, of as many classes
 */
public record TaskModel(TrainableModel model, DebertaConfig config, ModelFolderWriter files, List<String> notices) {
    private static final String CLASSIFIER = "classifier.";
    private static final int LABELS_LISTED = 10;

    /**
     * Reads a model with its weights. Parameters of the head that the checkpoint lacks begin with initial values.
     *
     * @param folder a folder with config.json, weights and tokenizer
     * @throws detangle.models.deberta.HeadException if the checkpoint has parameters of the head in another shape, and
     *     the options do not ignore it
     */
    public static TaskModel read(Path folder, Task task, TaskModelOptions options) {
        return of(ModelFolderWriter.like(folder), Optional.of(folder), task, options);
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
        return of(ModelFolderWriter.of(fields, tokenizer), Optional.empty(), task, options);
    }

    /**
     * Makes a model with the published head of a task.
     *
     * @param plain the writer of the model's files, whose configuration it has but for the head
     * @param weights the folder or file with the weights to begin with; empty if all parameters begin with initial
     *     values
     */
    public static TaskModel of(ModelFolderWriter plain, Optional<Path> weights, Task task, TaskModelOptions options) {
        ModelFolderWriter writer = writer(plain, task, options);
        // Rows to evaluate with have classes where those to train with may have distributions.
        TrainingModelOptions evaluated = options.training()
                .withDropout(false)
                .withLabelSmoothing(0)
                .withClassWeights(List.of())
                .withSoftLabels(false)
                .withLossDivisor(false)
                .withoutSift();
        return of(
                writer,
                weights,
                Optional.of(task.head()),
                options,
                TrainingModel.build(writer.config(), task.head(), options.training()),
                TrainingModel.build(writer.config(), task.head(), evaluated),
                replaced(plain.config().labelNames().names(), task));
    }

    /** Returns the labels that a head was trained for and those that it is trained for now, unless they are the same. */
    private static Optional<String> replaced(List<String> before, Task task) {
        boolean names = !task.labels().isEmpty() && !task.problem().equals(Optional.of(ProblemType.REGRESSION));
        return names && !before.isEmpty() && !before.equals(task.labels())
                ? Optional.of(listed(before) + ", and begins with these weights for " + listed(task.labels()))
                : Optional.empty();
    }

    private static String listed(List<String> labels) {
        return String.join(", ", labels.subList(0, Math.min(labels.size(), LABELS_LISTED)))
                + (labels.size() > LABELS_LISTED ? ", ..." : "");
    }

    /**
     * Makes a model with a head and a loss that the caller has written. They are saved with the model under the names
     * that the program has for their parameters. The other arguments are those of {@link #of(ModelFolderWriter,
     * Optional, Task, TaskModelOptions)}.
     */
    public static TaskModel of(
            ModelFolderWriter plain, Optional<Path> weights, Head head, HeadLoss loss, TaskModelOptions options) {
        ModelFolderWriter writer = plain.withDropout(options.dropout());
        TrainingModelOptions training = options.training();
        return of(
                writer,
                weights,
                Optional.empty(),
                options,
                TrainingModel.build(writer.config(), head, loss, training),
                TrainingModel.build(writer.config(), head, loss, training.withDropout(false)),
                Optional.empty());
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

    private static ModelFolderWriter writer(ModelFolderWriter plain, Task task, TaskModelOptions options) {
        ModelFolderWriter headed = plain.withHead(task.head()).withDropout(options.dropout());
        ModelFolderWriter labelled = task.labels().isEmpty() ? headed : headed.withLabels(task.labels());
        return task.problem().map(labelled::withProblemType).orElse(labelled);
    }

    private static TaskModel of(
            ModelFolderWriter writer,
            Optional<Path> weights,
            Optional<Architecture> head,
            TaskModelOptions options,
            Program training,
            Program evaluation,
            Optional<String> relabelled) {
        InitialWeights initial = new InitialWeights(writer.config(), options.convention(), options.seed());
        StartingWeights starting = weights.map(
                        path -> stored(path, training, head, initial, options.ignoreMismatchedSizes()))
                .orElseGet(() -> StartingWeights.fromScratch(training, initial));
        TrainableModel model = TrainableModel.of(
                        training, starting.parameters(), writer.config().numHiddenLayers())
                .withEvaluation(evaluation)
                .withWriter(writer::writeInto)
                .withObjective(objective(options.training(), writer.config().dropout()));
        Path origin = weights.orElse(writer.config().file());
        List<String> notices = new ArrayList<>(starting.messages(origin));
        boolean keepsHead = Stream.concat(starting.created().stream(), starting.replaced().keySet().stream())
                .noneMatch(name -> name.startsWith(CLASSIFIER));
        relabelled
                .filter(labels -> keepsHead)
                .ifPresent(labels -> notices.add(
                        OneLine.of("the classifier of " + origin + " was trained for the labels " + labels)));
        return new TaskModel(model, writer.config(), writer, List.copyOf(notices));
    }

    /** Returns what the loss follows from beside the rows, by the names of options. */
    private static Map<String, String> objective(TrainingModelOptions options, DropoutRates rates) {
        Map<String, String> objective = new HashMap<>();
        if (options.loss().labelSmoothing() > 0) {
            objective.put(
                    "label_smoothing_factor", Double.toString(options.loss().labelSmoothing()));
        }
        if (!options.loss().classWeights().isEmpty()) {
            objective.put("class_weights", options.loss().classWeights().toString());
        }
        options.sift().ifPresent(sift -> {
            objective.put("vat_lambda", Double.toString(sift.lambda()));
            objective.put("vat_learning_rate", Double.toString(sift.learningRate()));
            objective.put("vat_init_perturbation", Double.toString(sift.initPerturbation()));
            sift.lossFunction().ifPresent(function -> objective.put("vat_loss_fn", function.text()));
        });
        DropoutRates dropped = options.dropoutRates().orElse(rates);
        objective.put("hidden_dropout_prob", Double.toString(dropped.hidden()));
        objective.put("attention_probs_dropout_prob", Double.toString(dropped.attention()));
        objective.put("pooler_dropout", Double.toString(dropped.pooler()));
        objective.put("cls_dropout", Double.toString(dropped.classifier()));
        return objective;
    }

    private static StartingWeights stored(
            Path path, Program training, Optional<Architecture> head, InitialWeights initial, boolean ignoresSizes) {
        try (Weights stored = Weights.open(path)) {
            return StartingWeights.of(stored, training, head, initial, ignoresSizes);
        }
    }
}

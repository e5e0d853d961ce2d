package detangle.train.task;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.files.ModelFiles;
import detangle.models.weights.Weights;
import detangle.train.TrainableModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A model with the head of a task.
 *
 * @param model what a trainer takes; it is evaluated without dropout, and written as a folder of HuggingFace
 * @param config the configuration with the head and the labels of the task
 * @param notices what is to be told of it, a line each: which parameters begin at random
 */
public record TaskModel(TrainableModel model, DebertaConfig config, List<String> notices) {

    /**
     * Reads a model with its weights. The head is the checkpoint's where it has it for the same labels, and begins at random otherwise;
     * what the checkpoint has of other heads is left out.
     *
     * @param folder with config.json, weights and tokenizer
     * @param options of the model and its loss, for training
     * @param seed what random values follow from
     */
    public static TaskModel read(Path folder, Task task, TrainingModelOptions options, long seed) {
        DebertaConfig original = DebertaConfig.read(folder);
        Prepared prepared = Prepared.of(original, task, options);
        Map<String, Tensor> parameters = new HashMap<>();
        try (Weights weights = Weights.open(folder)) {
            Checkpoint.checkSizes(weights, original);
            boolean keepsHead =
                    CheckpointHeads.in(weights, original).contains(task.head()) && sameLabels(original, task);
            if (keepsHead) {
                parameters.putAll(Checkpoint.parameters(
                        weights, prepared.config, prepared.training, Optional.of(task.head()), true));
            } else {
                parameters.putAll(Checkpoint.parameters(
                        weights,
                        original,
                        DebertaModel.build(original, Architecture.ENCODER, ModelOptions.DEFAULT),
                        Optional.empty(),
                        true));
                prepared.pooler(weights, parameters);
            }
            parameters.replaceAll((name, tensor) -> copied(tensor));
        }
        List<String> fresh = prepared.begin(parameters, seed);
        List<String> notices = fresh.isEmpty()
                ? List.of()
                : List.of("new parameters, which begin at random: " + String.join(", ", fresh));
        return prepared.model(folder, folder, parameters, notices);
    }

    /** Whether the labels of a checkpoint's head mean what those of the task do. */
    private static boolean sameLabels(DebertaConfig config, Task task) {
        return task.labels().isEmpty()
                || config.labelNames().fault().isEmpty() && config.labels().equals(task.labels());
    }

    /** Single precision in memory of its own. */
    private static Tensor copied(Tensor tensor) {
        return Tensor.of(tensor.toFloats(), tensor.shape());
    }

    /**
     * A model of a configuration that knows nothing yet: all parameters begin at random.
     *
     * @param configuration a config.json, or a folder with one
     * @param tokenizer a folder with the files of a tokenizer
     */
    public static TaskModel fresh(
            Path configuration, Path tokenizer, Task task, TrainingModelOptions options, long seed) {
        Prepared prepared = Prepared.of(DebertaConfig.read(configuration), task, options);
        Map<String, Tensor> parameters = new HashMap<>();
        prepared.begin(parameters, seed);
        return prepared.model(configuration, tokenizer, parameters, List.of("all parameters begin at random"));
    }

    private record Prepared(Task task, DebertaConfig config, Program training, Program evaluation) {
        static Prepared of(DebertaConfig original, Task task, TrainingModelOptions options) {
            DebertaConfig config = original.withHead(
                    Optional.of(task.head()),
                    task.labels().isEmpty() ? original.labelNames() : task.labelNames(),
                    task.problem());
            return new Prepared(
                    task,
                    config,
                    TrainingModel.build(config, task.head(), options),
                    TrainingModel.build(
                            config,
                            task.head(),
                            options.withDropout(false)
                                    .withLabelSmoothing(0)
                                    .withClassWeights(List.of())
                                    .withLossDivisor(false)));
        }

        private SequencedMap<String, TensorType> needed() {
            SequencedMap<String, TensorType> types = new LinkedHashMap<>();
            for (Node node : training.nodes()) {
                if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                    types.put(name, type);
                }
            }
            return types;
        }

        /** The pooler of pre-training, or of another task, is a better beginning than none, and HuggingFace takes it too. */
        void pooler(Weights weights, Map<String, Tensor> parameters) {
            needed().forEach((name, type) -> {
                String stored = Checkpoint.names(weights).apply(name);
                if (name.startsWith("pooler.")
                        && weights.contains(stored)
                        && Arrays.equals(weights.shape(stored), type.shape().sizes())) {
                    parameters.put(name, weights.get(stored));
                }
            });
        }

        /** Gives values to those that have none, and tells their names. */
        List<String> begin(Map<String, Tensor> parameters, long seed) {
            SequencedMap<String, TensorType> needed = needed();
            parameters.keySet().retainAll(needed.keySet());
            needed.keySet().removeAll(parameters.keySet());
            needed.forEach((name, type) -> parameters.put(name, InitialValues.of(config, name, type, seed)));
            return List.copyOf(needed.keySet());
        }

        TaskModel model(Path configuration, Path tokenizer, Map<String, Tensor> parameters, List<String> notices) {
            TrainableModel model = TrainableModel.of(training, parameters, config.numHiddenLayers())
                    .withEvaluation(evaluation)
                    .withWriter(new ModelFolderWriter(
                            ModelFiles.of(configuration), ModelFiles.of(tokenizer), config, task));
            return new TaskModel(model, config, notices);
        }
    }
}

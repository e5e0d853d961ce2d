package detangle.train.lora;

import detangle.ir.Tensor;
import detangle.models.adapter.AdapterWriter;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.ModelFolderWriter;
import detangle.train.ModelWriter;
import detangle.train.TrainableModel;
import detangle.train.TrainingException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Makes of a model that would be trained as a whole one of which an adapter and the head are trained. */
public final class Lora {
    private Lora() {}

    /**
     * The model with an adapter. What is frozen becomes a constant of its programs, so that its parameters are those of the adapter and of
     * the head alone: there are neither gradients nor an optimizer's states of anything else. Evaluation drops nothing.
     *
     * @param model with the parameters to begin with, as HuggingFace's checkpoints name them
     * @param files say what the model is like, and are written beside the adapter
     * @param baseModel what the adapter's files call the model that it belongs to
     * @param seed what the adapter begins with follows from it
     * @throws TrainingException if the options do not fit the model
     */
    public static TrainableModel adapted(
            TrainableModel model, ModelFolderWriter files, LoraOptions options, Optional<String> baseModel, long seed) {
        DebertaConfig config = files.config();
        LoraModel training = LoraModel.of(model.training(), config, options);
        Map<String, Tensor> parameters = new HashMap<>(training.start(model.parameters(), seed));
        training.trained().keySet().stream()
                .filter(name -> !parameters.containsKey(name))
                .forEach(name -> parameters.put(name, model.parameters().get(name)));
        TrainableModel adapted = TrainableModel.of(
                        training.withConstants(model.parameters()), parameters, model.layers())
                .withWriter(writer(training, files, baseModel));
        return model.evaluation()
                .map(program -> LoraModel.of(program, config, options.withDropout(0)))
                .map(evaluation -> adapted.withEvaluation(evaluation.withConstants(model.parameters())))
                .orElse(adapted);
    }

    /** Writes PEFT's files, and beside them the configuration, which knows the names of labels. */
    private static ModelWriter writer(LoraModel model, ModelFolderWriter files, Optional<String> baseModel) {
        Optional<Architecture> head = files.config().architecture();
        return (folder, parameters) -> {
            files.writeConfiguration(folder);
            AdapterWriter.writeInto(folder, model.config(folder, head, baseModel), parameters);
        };
    }
}

package detangle.train;

import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.Map;
import java.util.Optional;

/**
 * A model that can be trained.
 *
 * @param training the model with its loss, as {@link detangle.models.deberta.TrainingModel} builds it
 * @param evaluation the same model without dropout; needed if the model is evaluated during training
 * @param parameters a tensor for each parameter of the programs, by name: the values to begin with
 * @param layers the number of layers of the encoder, for a rate that falls from layer to layer
 * @param writer the writer of the model's files in a checkpoint; needed if checkpoints are saved
 */
public record TrainableModel(
        Program training,
        Optional<Program> evaluation,
        Map<String, Tensor> parameters,
        int layers,
        Optional<ModelWriter> writer) {
    public TrainableModel {
        parameters = Map.copyOf(parameters);
    }

    /** Returns a model that is neither evaluated during training nor saved. */
    public static TrainableModel of(Program training, Map<String, Tensor> parameters, int layers) {
        return new TrainableModel(training, Optional.empty(), parameters, layers, Optional.empty());
    }

    public TrainableModel withEvaluation(Program program) {
        return new TrainableModel(training, Optional.of(program), parameters, layers, writer);
    }

    public TrainableModel withWriter(ModelWriter files) {
        return new TrainableModel(training, evaluation, parameters, layers, Optional.of(files));
    }
}

package detangle.train;

import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.Map;
import java.util.Optional;

/**
 * What is trained.
 *
 * @param training the model with its loss, as {@link detangle.models.deberta.TrainingModel} builds it
 * @param evaluation the same without dropout; needed if the model is evaluated while it is trained
 * @param parameters a tensor for each parameter of the programs, by name: the values to begin with
 * @param layers how many layers the encoder has, for a rate that falls from layer to layer
 * @param writer writes the files of a checkpoint's model; needed if checkpoints are saved
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

    /** A model that is neither evaluated on the way nor saved. */
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

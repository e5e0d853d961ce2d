package detangle.train;

import detangle.ir.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The result of a training.
 *
 * @param steps the number of updates that have been done
 * @param loss the mean loss of all updates of this run
 * @param bestMetric the metric of the best evaluation, if there was one
 * @param bestCheckpoint the checkpoint of the best evaluation, if there is one
 * @param parameters the parameters of the model at the end, by name
 */
public record TrainingResult(
        long steps,
        double loss,
        OptionalDouble bestMetric,
        Optional<Path> bestCheckpoint,
        Map<String, Tensor> parameters) {
    public TrainingResult {
        parameters = Map.copyOf(parameters);
    }
}

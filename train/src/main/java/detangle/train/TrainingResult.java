package detangle.train;

import detangle.ir.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What training has made.
 *
 * @param steps how many updates have been done
 * @param loss the mean loss of all updates of this run
 * @param bestMetric of the best evaluation, if there was one
 * @param bestCheckpoint the checkpoint of the best evaluation, if there is one
 * @param parameters of the model at the end, by name
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

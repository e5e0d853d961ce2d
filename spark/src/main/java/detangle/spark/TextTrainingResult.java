package detangle.spark;

import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * The result of a training on a cluster.
 *
 * @param outputDir the folder with the model
 * @param steps the number of updates that have been done
 * @param resumedAt the number of updates of the checkpoint that training last went on from; 0 if it began anew
 * @param loss the mean loss of the updates after that checkpoint
 * @param bestMetric the metric of the best evaluation, if there was one
 */
public record TextTrainingResult(Path outputDir, long steps, long resumedAt, double loss, OptionalDouble bestMetric) {}

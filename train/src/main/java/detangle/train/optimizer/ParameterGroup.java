package detangle.train.optimizer;

/**
 * What an optimizer does with one parameter and not with all.
 *
 * @param rateFactor what the learning rate is multiplied by
 * @param weightDecay the share of the parameter, times the learning rate, that each update takes away
 */
public record ParameterGroup(double rateFactor, double weightDecay) {
    /** @throws OptimizerException if a number is negative or not finite */
    public ParameterGroup {
        if (!(rateFactor >= 0 && rateFactor < Double.POSITIVE_INFINITY)) {
            throw new OptimizerException(
                    "a group's learning rate is " + rateFactor + " times the rate: it must be 0 or more");
        }
        if (!(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY)) {
            throw new OptimizerException("weight_decay is " + weightDecay + ": it must be 0 or more");
        }
    }
}

package detangle.train.optimizer;

/**
 * The settings of an optimizer that differ between parameters.
 *
 * @param rateFactor the factor of the learning rate
 * @param weightDecay the share of the parameter that each update subtracts, times the learning rate
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

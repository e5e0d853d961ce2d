package detangle.train.optimizer;

/**
 * A learning rate that falls when a metric has not become better for a while: HuggingFace's
 * {@code reduce_lr_on_plateau}, which is PyTorch's {@code ReduceLROnPlateau} with a relative threshold. Values are
 * immutable: {@link #after} returns the next one, and a checkpoint needs its components alone.
 *
 * @param rate the learning rate now
 * @param best the best metric so far
 * @param bad the number of evaluations in a row without improvement
 * @param pause the number of next evaluations that are not counted as bad
 */
public record ReduceOnPlateau(Rule rule, double rate, double best, long bad, long pause) {
    /** The smallest reduction that is done. */
    private static final double LEAST_FALL = 1e-8;

    /**
     * The rule of when and how far the rate falls.
     *
     * @param greaterIsBetter whether a greater metric is better
     * @param factor the factor of the rate when it falls
     * @param patience the number of bad evaluations in a row after which the next one lets the rate fall
     * @param threshold the least relative improvement that counts
     * @param cooldown the number of evaluations after a fall that are not counted as bad
     * @param least the least rate
     */
    public record Rule(
            boolean greaterIsBetter, double factor, long patience, double threshold, long cooldown, double least) {
        /** PyTorch's defaults, for a loss. */
        public static final Rule DEFAULT = new Rule(false, 0.1, 10, 1e-4, 0, 0);

        /** @throws OptimizerException if the factor would not make the rate smaller */
        public Rule {
            if (!(factor < 1)) {
                throw new OptimizerException("reduce_lr_on_plateau multiplies the rate by " + factor
                        + ", which does not reduce it: factor must be less than 1");
            }
        }

        private boolean isBetter(double metric, double best) {
            return greaterIsBetter ? metric > best * (1 + threshold) : metric < best * (1 - threshold);
        }
    }

    /** Returns the state before the first evaluation. */
    public static ReduceOnPlateau begin(Rule rule, double rate) {
        return new ReduceOnPlateau(
                rule, rate, rule.greaterIsBetter() ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, 0, 0);
    }

    /** Returns the state after an evaluation. */
    public ReduceOnPlateau after(double metric) {
        boolean better = rule.isBetter(metric, best);
        double newBest = better ? metric : best;
        long newBad = better || pause > 0 ? 0 : bad + 1;
        long newPause = Math.max(0, pause - 1);
        if (newBad <= rule.patience()) {
            return new ReduceOnPlateau(rule, rate, newBest, newBad, newPause);
        }
        double lower = Math.max(rate * rule.factor(), rule.least());
        return new ReduceOnPlateau(rule, rate - lower > LEAST_FALL ? lower : rate, newBest, 0, rule.cooldown());
    }
}

package detangle.train.optimizer;

/**
 * A learning rate that falls when a metric has not become better for a while: HuggingFace's
 * {@code reduce_lr_on_plateau}, which is PyTorch's {@code ReduceLROnPlateau}. Values are immutable: {@link #after}
 * returns the next one, and a checkpoint needs its components alone. Rates are shares of the rate that the user has
 * chosen.
 *
 * @param rate the learning rate now
 * @param best the best metric so far
 * @param bad the number of evaluations in a row without improvement
 * @param pause the number of next evaluations that are not counted as bad
 */
public record ReduceOnPlateau(Rule rule, double rate, double best, long bad, long pause) implements Schedule {
    /** HuggingFace's name of the schedule. */
    public static final String NAME = "reduce_lr_on_plateau";

    /**
     * The rule of when and how far the rate falls.
     *
     * @param greaterIsBetter whether a greater metric is better ({@code mode} max)
     * @param factor the factor of the rate when it falls
     * @param patience the number of bad evaluations in a row after which the next one lets the rate fall
     * @param threshold the least improvement that counts
     * @param relative whether the threshold is a share of the best metric ({@code threshold_mode} rel), and not a
     *     difference from it
     * @param cooldown the number of evaluations after a fall that are not counted as bad
     * @param minRate the least rate ({@code min_lr})
     * @param leastFall a fall that is not larger is not done ({@code eps})
     */
    public record Rule(
            boolean greaterIsBetter,
            double factor,
            long patience,
            double threshold,
            boolean relative,
            long cooldown,
            double minRate,
            double leastFall) {
        /** @throws OptimizerException if the factor would not make the rate smaller, or a number is negative */
        public Rule {
            if (!(factor >= 0 && factor < 1)) {
                throw new OptimizerException(NAME + " multiplies the rate by " + factor
                        + ", which does not reduce it: factor must be at least 0 and less than 1");
            }
            if (patience < 0 || cooldown < 0 || !(threshold >= 0 && minRate >= 0 && leastFall >= 0)) {
                throw new OptimizerException(
                        NAME + " needs patience, threshold, cooldown, min_lr and eps that are 0 or more");
            }
        }

        private boolean isBetter(double metric, double best) {
            double sign = greaterIsBetter ? 1 : -1;
            double bound = relative ? best * (1 + sign * threshold) : best + sign * threshold;
            return greaterIsBetter ? metric > bound : metric < bound;
        }
    }

    /** Returns the state before the first evaluation. */
    public static ReduceOnPlateau begin(Rule rule) {
        return new ReduceOnPlateau(
                rule, 1, rule.greaterIsBetter() ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, 0, 0);
    }

    @Override
    public double factor(long step) {
        return rate;
    }

    @Override
    public ReduceOnPlateau after(double metric) {
        boolean better = rule.isBetter(metric, best);
        double newBest = better ? metric : best;
        long newBad = better || pause > 0 ? 0 : bad + 1;
        long newPause = Math.max(0, pause - 1);
        if (newBad <= rule.patience()) {
            return new ReduceOnPlateau(rule, rate, newBest, newBad, newPause);
        }
        double lower = Math.max(rate * rule.factor(), rule.minRate());
        return new ReduceOnPlateau(rule, rate - lower > rule.leastFall() ? lower : rate, newBest, 0, rule.cooldown());
    }
}

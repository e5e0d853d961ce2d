package detangle.train;

import java.util.Set;

/**
 * These options say when a model is evaluated during training, and which evaluation is the best. The names are
 * HuggingFace's.
 *
 * @param evalStrategy the moments at which the model is evaluated
 * @param evalSteps the number of updates between evaluations, for {@link Moment#STEPS}; a share of all updates if it is
 *     less than 1
 * @param loadBestModelAtEnd whether training ends with the parameters of the best evaluation
 * @param metricForBestModel the name of the metric that decides: {@code loss} or another one of the evaluation
 * @param greaterIsBetter whether a greater metric is better
 * @param earlyStoppingPatience the number of evaluations in a row without improvement after which training ends; 0 for
 *     never
 * @param earlyStoppingThreshold the least difference that counts as an improvement
 */
public record EvaluationOptions(
        Moment evalStrategy,
        double evalSteps,
        boolean loadBestModelAtEnd,
        String metricForBestModel,
        boolean greaterIsBetter,
        int earlyStoppingPatience,
        double earlyStoppingThreshold) {
    /** No evaluation. */
    public static final EvaluationOptions NONE = new EvaluationOptions(Moment.NEVER, 500, false, "loss", false, 0, 0);

    /** @throws TrainingException if a number is outside its range, or a best model is wanted without an evaluation */
    public EvaluationOptions {
        if (!(evalSteps > 0)) {
            throw new TrainingException("eval_steps is " + evalSteps + ": it must be above 0");
        }
        if (earlyStoppingPatience < 0 || !(earlyStoppingThreshold >= 0)) {
            throw new TrainingException("early_stopping_patience is " + earlyStoppingPatience
                    + " and early_stopping_threshold is " + earlyStoppingThreshold + ": both must be 0 or more");
        }
        if (evalStrategy == Moment.BEST) {
            throw new TrainingException("eval_strategy cannot be best: set it to steps or epoch");
        }
        if (evalStrategy == Moment.NEVER && (loadBestModelAtEnd || earlyStoppingPatience > 0)) {
            throw new TrainingException(
                    "load_best_model_at_end and early stopping need evaluations: set eval_strategy to steps or epoch");
        }
    }

    /** Returns options that evaluate at the end of each epoch. */
    public static EvaluationOptions everyEpoch() {
        return NONE.withStrategy(Moment.EPOCH, 1);
    }

    public EvaluationOptions withStrategy(Moment strategy, double steps) {
        return new EvaluationOptions(
                strategy,
                steps,
                loadBestModelAtEnd,
                metricForBestModel,
                greaterIsBetter,
                earlyStoppingPatience,
                earlyStoppingThreshold);
    }

    public EvaluationOptions withLoadBestModelAtEnd(boolean wanted) {
        return new EvaluationOptions(
                evalStrategy,
                evalSteps,
                wanted,
                metricForBestModel,
                greaterIsBetter,
                earlyStoppingPatience,
                earlyStoppingThreshold);
    }

    /** Sets the metric that decides. A greater one is better, unless its name ends in {@code loss}. */
    public EvaluationOptions withMetricForBestModel(String name) {
        String metric = name.startsWith("eval_") ? name.substring("eval_".length()) : name;
        return new EvaluationOptions(
                evalStrategy,
                evalSteps,
                loadBestModelAtEnd,
                metric,
                !metric.endsWith("loss"),
                earlyStoppingPatience,
                earlyStoppingThreshold);
    }

    public EvaluationOptions withGreaterIsBetter(boolean wanted) {
        return new EvaluationOptions(
                evalStrategy,
                evalSteps,
                loadBestModelAtEnd,
                metricForBestModel,
                wanted,
                earlyStoppingPatience,
                earlyStoppingThreshold);
    }

    public EvaluationOptions withEarlyStopping(int patience, double threshold) {
        return new EvaluationOptions(
                evalStrategy, evalSteps, loadBestModelAtEnd, metricForBestModel, greaterIsBetter, patience, threshold);
    }

    /**
     * Refuses a metric that evaluations do not have.
     *
     * @param metrics the names of the metrics that evaluations have
     * @throws TrainingException if {@code metric_for_best_model} is not among them
     */
    void checkMetric(Set<String> metrics) {
        if (!metrics.contains(metricForBestModel)) {
            throw new TrainingException("metric_for_best_model is " + metricForBestModel + ", and an evaluation has "
                    + String.join(", ", metrics) + ": choose one of these");
        }
    }

    /** Returns whether a metric is better than another one. */
    boolean isBetter(double metric, double than) {
        return greaterIsBetter ? metric > than : metric < than;
    }
}

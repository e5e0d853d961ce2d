package detangle.train.task;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DropoutChange;
import detangle.models.deberta.TrainingModelOptions;

/**
 * These options say what a model for a task is made of.
 *
 * @param training the options of the program and its loss, for training
 * @param dropout the rates of dropout that differ from the configuration's; they are part of the configuration that is
 *     written
 * @param ignoreMismatchedSizes whether parameters of the head that a checkpoint has in another shape begin with initial
 *     values; otherwise such a checkpoint is refused ({@code ignore_mismatched_sizes})
 * @param convention the code by whose rules initial values are drawn
 * @param seed the seed of initial values
 */
public record TaskModelOptions(
        TrainingModelOptions training,
        DropoutChange dropout,
        boolean ignoreMismatchedSizes,
        Convention convention,
        long seed) {
    /** Returns the options for a head if nobody says otherwise: HuggingFace's seed, and a checkpoint that fits. */
    public static TaskModelOptions of(Architecture head) {
        return new TaskModelOptions(
                TrainingModelOptions.of(head), DropoutChange.NONE, false, Convention.HUGGINGFACE, 42);
    }

    public TaskModelOptions with(TrainingModelOptions other) {
        return new TaskModelOptions(other, dropout, ignoreMismatchedSizes, convention, seed);
    }

    public TaskModelOptions with(DropoutChange other) {
        return new TaskModelOptions(training, other, ignoreMismatchedSizes, convention, seed);
    }

    public TaskModelOptions withIgnoreMismatchedSizes(boolean wanted) {
        return new TaskModelOptions(training, dropout, wanted, convention, seed);
    }

    public TaskModelOptions with(Convention other) {
        return new TaskModelOptions(training, dropout, ignoreMismatchedSizes, other, seed);
    }

    public TaskModelOptions withSeed(long value) {
        return new TaskModelOptions(training, dropout, ignoreMismatchedSizes, convention, value);
    }
}

package detangle.experiment;

/** A task that trains in a way of its own, such as pre-training on a corpus that is read as a stream. */
public non-sealed interface PretrainingTask extends ExperimentTask {
    /**
     * Runs the experiment: evaluates, trains and predicts, as the options say.
     *
     * @param experiment the options, the model that it begins with, and who is told of the progress
     */
    void run(Experiment experiment);
}

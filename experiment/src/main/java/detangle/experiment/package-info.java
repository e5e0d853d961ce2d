/**
 * The original's experiments (microsoft/DeBERTa, DeBERTa/apps): what a task is ({@link
 * detangle.experiment.FineTuningTask}), which tasks there are ({@link detangle.experiment.Tasks}), and the program that
 * trains, evaluates and predicts.
 */
package detangle.experiment;

/**
 * This package runs the original's experiments (microsoft/DeBERTa, DeBERTa/apps): it defines what a task is
 * ({@link detangle.experiment.FineTuningTask}), finds the tasks ({@link detangle.experiment.Tasks}), and trains,
 * evaluates and predicts.
 */
package detangle.experiment;

/** What is written of a training for people and their tools: logs, TensorBoard's event files, reports with curves, results as JSON. */
package detangle.train.report;

/**
 * This package writes reports of a training: logs, TensorBoard's event files, pages with curves, and results as JSON.
 */
package detangle.train.report;

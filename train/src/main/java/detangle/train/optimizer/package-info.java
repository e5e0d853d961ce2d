/**
 * This package writes programs that compute new parameters from gradients: optimizers, schedules, clipping, loss
 * scaling.
 */
package detangle.train.optimizer;

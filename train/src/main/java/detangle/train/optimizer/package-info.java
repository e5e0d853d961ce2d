/** What makes new parameters from gradients, as programs: optimizers, schedules of the learning rate, clipping, loss scaling. */
package detangle.train.optimizer;

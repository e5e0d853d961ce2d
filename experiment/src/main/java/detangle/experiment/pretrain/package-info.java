/** This package has the tasks that pre-train a model on a corpus, which is read as a stream. */
package detangle.experiment.pretrain;

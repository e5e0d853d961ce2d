/** This package makes models that can be trained, evaluated and written, from a model's folder and a task. */
package detangle.train.task;

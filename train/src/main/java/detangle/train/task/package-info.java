/** From a model's folder and a task to a model that can be trained, evaluated and written. */
package detangle.train.task;

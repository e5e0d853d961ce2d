/**
 * Descriptions of tasks: their inputs, options and answers, as plain values that JSON has too. Commands, the protocols
 * of a server and the description of its routes are made of these descriptions. A new task is one class here and a line
 * in {@link detangle.pipelines.task.TextTasks}.
 */
package detangle.pipelines.task;

/** This package has heads of the original's tasks that no published model has, with their losses. */
package detangle.experiment.head;

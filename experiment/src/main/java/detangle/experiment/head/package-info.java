/** Heads of the original's tasks that none of the published models has, with their losses. */
package detangle.experiment.head;

/** Questions about texts: RACE and SQuAD. */
package detangle.experiment.reading;

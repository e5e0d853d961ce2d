/** This package has tasks of questions about texts: RACE and SQuAD. */
package detangle.experiment.reading;

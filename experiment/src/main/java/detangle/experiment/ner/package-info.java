/** This package finds named entities, in sentences of a document that are packed together. */
package detangle.experiment.ner;

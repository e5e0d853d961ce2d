/** Named entities, packed as sentences of a document. */
package detangle.experiment.ner;

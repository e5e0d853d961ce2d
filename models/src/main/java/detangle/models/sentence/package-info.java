/** Reads the files that sentence-transformers writes beside a model. */
package detangle.models.sentence;

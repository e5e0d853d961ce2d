/** What sentence-transformers writes beside a model. */
package detangle.models.sentence;

/**
 * A tokenizer as a description (records) and the encoder that runs it, as HuggingFace's tokenizers library does.
 * Internal: {@link detangle.models.text.Tokenizers} makes descriptions out of files.
 */
package detangle.models.text.encoder;

/** From text to token ids: HuggingFace's tokenizer.json, and SentencePiece's spm.model turned into one. */
package detangle.models.text;

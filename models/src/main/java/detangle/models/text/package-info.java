/**
 * Encodes texts as ids of tokens, by the files of HuggingFace, SentencePiece, GPT-2 and BERT, and the settings beside
 * them.
 */
package detangle.models.text;

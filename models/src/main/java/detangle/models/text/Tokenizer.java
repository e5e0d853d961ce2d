package detangle.models.text;

import java.util.Optional;
import java.util.OptionalInt;

/** Turns text into the ids that a model was trained on. Threads may share one. */
public interface Tokenizer {

    /** {@code [CLS] text [SEP]}, of any length. */
    Encoding encode(String text);

    /** {@code [CLS] first [SEP] second [SEP]}, of any length. */
    Encoding encode(String first, String second);

    /** Returns the id that fills a batch's shorter rows. */
    int padTokenId();

    /** Returns the id of {@code [MASK]}; empty if there is none. */
    OptionalInt maskTokenId();

    /** Returns the text that ids stand for, as HuggingFace's {@code decode} writes it without cleaning up spaces. */
    String decode(int[] ids, boolean skipSpecialTokens);

    /** Returns how the vocabulary spells a token ({@code convert_ids_to_tokens}); empty if no token has the id. */
    Optional<String> token(int id);

    /** Returns the id of what the vocabulary lacks; empty if there is none. */
    OptionalInt unknownTokenId();

    /**
     * Returns whether tokens that continue a word are marked as such, as WordPiece's are by {@code ##}. Then the words
     * of an encoding are what people call words; otherwise punctuation may be a part of them.
     */
    boolean marksContinuations();

    /** Returns one more than the greatest id. */
    int vocabSize();

    /**
     * Returns the most tokens, special ones included, that the model is said to take ({@code model_max_length} of a
     * tokenizer_config.json); empty where no bound is stated. {@link #encode} cuts nothing by itself.
     */
    OptionalInt modelMaxLength();
}

package detangle.models.text;

import java.util.List;

/**
 * The tokens of a text or of a pair, the special ones included, never cut and never padded; all parts have as many
 * elements as there are tokens. Whoever holds an encoding must not change its arrays.
 *
 * @param ids rows of the word table
 * @param typeIds segment of each token: 0, or 1 for the second text and the separator that ends it
 * @param tokens their spelling in the vocabulary; an unknown one is spelled as in the text
 * @param sequences which text the token is of: 0, 1, or {@link #SPECIAL}
 * @param words which word of its text the token is of, counted from 0, as the tokenizer divides texts before it looks
 *     for tokens: at spaces, or at punctuation too; {@link #SPECIAL} for a special one
 * @param starts first code point of the token in its text; 0 for a special one
 * @param ends the code point after its last; 0 for a special one
 */
public record Encoding(
        int[] ids, int[] typeIds, List<String> tokens, int[] sequences, int[] words, int[] starts, int[] ends) {
    /** The sequence, and the word, of a token that the tokenizer added. */
    public static final int SPECIAL = -1;

    public Encoding {
        tokens = List.copyOf(tokens);
    }

    public int length() {
        return ids.length;
    }
}

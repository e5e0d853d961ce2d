package detangle.models.text.encoder;

/**
 * A token beside the model's vocabulary, which is looked for in a text before anything else.
 *
 * @param id its row in the word table
 * @param special whether decoding may leave it out
 * @param normalized whether it is looked for in the normalised text, itself normalised
 * @param lstrip whether it takes the white space before it
 * @param rstrip whether it takes the white space behind it
 * @param singleWord whether it is only found where no word character touches it
 */
public record AddedToken(
        String content,
        int id,
        boolean special,
        boolean normalized,
        boolean lstrip,
        boolean rstrip,
        boolean singleWord) {
    /** Returns a special token that is found as it is written and takes no space. */
    public static AddedToken special(String content, int id) {
        return new AddedToken(content, id, true, false, false, false, false);
    }

    /** Returns the same token with another id. */
    public AddedToken withId(int other) {
        return new AddedToken(content, other, special, normalized, lstrip, rstrip, singleWord);
    }
}

package detangle.pipelines;

/**
 * A part of a text with a label.
 *
 * @param entity the label; without its {@code B-} or {@code I-} if tokens were joined
 * @param score the mean probability of the joined tokens
 * @param word the part of the text
 * @param start the index of its first character in the text, for {@link String#substring}
 * @param end the index after its last character
 */
public record Entity(String entity, double score, String word, int start, int end) {}

package detangle.pipelines;

/**
 * A token of a text and the probability that it was replaced.
 *
 * @param score the probability that another token was in its place; above 0.5 the model says that it was replaced
 * @param word the part of the text
 * @param start the index of its first character in the text, for {@link String#substring}
 * @param end the index after its last character
 */
public record TokenScore(double score, String word, int start, int end) {}

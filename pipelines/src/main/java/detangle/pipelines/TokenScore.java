package detangle.pipelines;

/**
 * A token of a text and the probability that it was replaced.
 *
 * @param score above 0.5 where the model believes that something else stood there
 * @param word the part of the text
 * @param start the index of its first character in the text, for {@link String#substring}
 * @param end the index after its last
 */
public record TokenScore(double score, String word, int start, int end) {}

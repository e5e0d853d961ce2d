package detangle.pipelines;

/**
 * An answer to a question, a part of a text.
 *
 * @param score how sure the model is: the sum of the probabilities with which windows of the text, and spans of tokens
 *     that are widened to the same words, give this answer. It can therefore be above 1
 * @param start where the answer was found first: the index of the answer's first character in the text, for {@link
 *     String#substring}
 * @param end the index after the answer's last character
 * @param answer the part of the text; empty if the model says that the text has no answer
 */
public record Answer(double score, int start, int end, String answer) {}

package detangle.pipelines;

/**
 * A part of a text.
 *
 * @param start the index of its first character in the text, for {@link String#substring}
 * @param end the index after its last character
 */
public record TextSpan(int start, int end) {}

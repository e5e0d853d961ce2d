package detangle.pipelines.redaction;

/**
 * A replaced part of a text with its replacement. It does not contain the original words.
 *
 * @param label its kind. If several entities overlap, it is the kind of the longest one, or of the one with the
 *     greatest score if several are equally long
 * @param score the score of that entity
 * @param start the index of its first character in the given text, for {@link String#substring}
 * @param end the index after its last character
 * @param replacement the text in its place
 * @param newStart the index of the replacement in the redacted text
 */
public record ReplacedPart(String label, double score, int start, int end, String replacement, int newStart) {
    /** Returns the index after the replacement in the redacted text. */
    public int newEnd() {
        return newStart + replacement.length();
    }
}

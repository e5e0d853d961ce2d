package detangle.pipelines.redaction;

/**
 * A part of a text with what stands in its place. It does not hold what stood there.
 *
 * @param label its kind: of several that overlap that of the longest, of equally long ones that of the surest
 * @param score how sure the model is of that one
 * @param start the index of its first character in the text that was given, for {@link String#substring}
 * @param end the index after its last
 * @param replacement what stands in its place
 * @param newStart the index of the replacement in the redacted text
 */
public record ReplacedPart(String label, double score, int start, int end, String replacement, int newStart) {
    /** Returns the index in the redacted text after the replacement. */
    public int newEnd() {
        return newStart + replacement.length();
    }
}

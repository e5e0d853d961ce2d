package detangle.pipelines.schema;

/**
 * A part of a text.
 *
 * @param text the part. The model reads a text with a full stop at its end; a part that reaches this full stop ends
 *     with it
 * @param confidence its probability
 * @param start the index of its first character in the given text, for {@link String#substring}
 * @param end the index after its last, never beyond that text
 */
public record Mention(String text, double confidence, int start, int end) {
    /** Returns whether two parts have a character in common. */
    public boolean overlaps(Mention other) {
        return end > other.start && start < other.end;
    }
}

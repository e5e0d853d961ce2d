package detangle.pipelines.redaction;

import java.util.List;

/**
 * A text without what was found in it.
 *
 * @param text the redacted text; the text that was given if nothing was replaced
 * @param parts what was replaced, in the order of the text
 */
public record Redaction(String text, List<ReplacedPart> parts) {
    /** Keeps a copy. */
    public Redaction {
        parts = List.copyOf(parts);
    }
}

package detangle.pipelines.redaction;

import java.util.List;

/**
 * A redacted text.
 *
 * @param text the redacted text; the given text if nothing was replaced
 * @param parts the replaced parts, in the order of the text
 */
public record Redaction(String text, List<ReplacedPart> parts) {
    /** Keeps a copy. */
    public Redaction {
        parts = List.copyOf(parts);
    }
}

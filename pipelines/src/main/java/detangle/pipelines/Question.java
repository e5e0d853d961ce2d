package detangle.pipelines;

/**
 * A question and the text that may answer it.
 *
 * @param context the text
 */
public record Question(String question, String context) {}

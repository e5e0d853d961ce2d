package detangle.pipelines;

/**
 * Two texts that a model reads as one, such as a premise and a hypothesis.
 *
 * @param text the first
 * @param textPair the second
 */
public record TextPair(String text, String textPair) {}

package detangle.models.gliner2;

/**
 * The span architecture: scores of all spans up to a width, for as many instances as the model expects.
 *
 * @param maxWidth the longest span, in words
 * @param counting the layers that make vectors of instances
 */
public record SpanHead(int maxWidth, CountingLayer counting) implements Gliner2Head {
    @Override
    public String architecture() {
        return "span";
    }

    @Override
    public int classifierOutput() {
        return 2;
    }
}

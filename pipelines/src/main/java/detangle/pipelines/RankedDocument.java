package detangle.pipelines;

/**
 * A document with its score for a query.
 *
 * @param index the document's place in the list that was ranked
 * @param score a number between 0 and 1, or the logit if raw scores were asked for
 * @param text the document
 */
public record RankedDocument(int index, double score, String text) {}

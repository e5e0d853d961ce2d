package detangle.pipelines;

/**
 * A document and how well it answers a query.
 *
 * @param index the document's place in the list that was ranked
 * @param score between 0 and 1, or the logit where raw scores were asked for
 * @param text the document
 */
public record RankedDocument(int index, double score, String text) {}

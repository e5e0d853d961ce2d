package detangle.plug.springai;

import detangle.pipelines.PipelineException;
import detangle.pipelines.TextRanker;
import java.util.List;
import org.springframework.ai.document.Document;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;

/**
 * Orders the documents that Spring AI has retrieved by how well they answer a query, with a cross-encoder, and keeps the
 * best: for {@code RetrievalAugmentationAdvisor}. It does not close the ranker. A document that is too long together
 * with the query is refused, unless the ranker cuts texts ({@link TextRanker#withTruncation()}).
 */
public final class CrossEncoderPostProcessor implements DocumentPostProcessor {
    private final TextRanker ranker;
    private final int topN;

    /** @param topN the most documents that are kept */
    public CrossEncoderPostProcessor(TextRanker ranker, int topN) {
        this.ranker = ranker;
        this.topN = topN;
    }

    /** Returns the best documents with the ranker's scores, the best first. */
    @Override
    public List<Document> process(Query query, List<Document> documents) {
        return ranker
                .rank(
                        query.text(),
                        documents.stream().map(CrossEncoderPostProcessor::text).toList())
                .stream()
                .limit(topN)
                .map(ranked -> documents
                        .get(ranked.index())
                        .mutate()
                        .score(ranked.score())
                        .build())
                .toList();
    }

    private static String text(Document document) {
        if (!document.isText()) {
            throw new PipelineException("document " + document.getId() + " has no text: rank documents of texts alone");
        }
        return document.getText();
    }
}

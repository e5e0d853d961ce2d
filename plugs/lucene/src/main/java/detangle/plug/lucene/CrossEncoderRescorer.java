package detangle.plug.lucene;

import detangle.pipelines.PipelineException;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextRanker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;

/**
 * Orders the hits of a first search by how well their texts answer a query, with a cross-encoder. The texts are read
 * from a stored field. It does not close the ranker. A text that is too long together with the query is refused, unless
 * the ranker cuts texts ({@link TextRanker#withTruncation()}).
 *
 * <pre>{@code
 * TopDocs hits = searcher.search(query, 100);
 * TopDocs best = new CrossEncoderRescorer(ranker, "Where is my card?", "body").rescore(searcher, hits, 10);
 * }</pre>
 */
public final class CrossEncoderRescorer extends Rescorer {
    private final TextRanker ranker;
    private final String query;
    private final String field;

    /**
     * Scores are those of {@link TextRanker#rank(String, List)}.
     *
     * @param query what the texts answer, in words
     * @param field a stored field that every hit has
     */
    public CrossEncoderRescorer(TextRanker ranker, String query, String field) {
        this.ranker = ranker;
        this.query = query;
        this.field = field;
    }

    /**
     * Returns the best hits, the best first. All hits are scored.
     *
     * @param topN the most hits that are returned
     * @throws PipelineException if a hit does not have the field, or its text is empty or too long
     */
    @Override
    public TopDocs rescore(IndexSearcher searcher, TopDocs firstPass, int topN) throws IOException {
        ScoreDoc[] hits = firstPass.scoreDocs;
        List<String> texts = new ArrayList<>(hits.length);
        StoredFields stored = searcher.storedFields();
        for (ScoreDoc hit : hits) {
            texts.add(text(stored, hit.doc));
        }
        ScoreDoc[] best = ranker.rank(query, texts).stream()
                .limit(topN)
                .map(document -> rescored(hits[document.index()], document))
                .toArray(ScoreDoc[]::new);
        return new TopDocs(firstPass.totalHits, best);
    }

    private static ScoreDoc rescored(ScoreDoc hit, RankedDocument document) {
        return new ScoreDoc(hit.doc, (float) document.score(), hit.shardIndex);
    }

    /** Returns the score of a document, and what the first search says of it. */
    @Override
    public Explanation explain(IndexSearcher searcher, Explanation firstPass, int doc) throws IOException {
        String text = text(searcher.storedFields(), doc);
        double score = ranker.rank(query, List.of(text)).getFirst().score();
        return Explanation.match(
                (float) score, "score of the cross-encoder for the query and the field " + field, firstPass);
    }

    private String text(StoredFields stored, int doc) throws IOException {
        String text = stored.document(doc, Set.of(field)).get(field);
        if (text == null) {
            throw new PipelineException(
                    "document " + doc + " has no stored text in the field " + field + ": store the field in the index");
        }
        return text;
    }
}

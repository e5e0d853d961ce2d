package detangle.plug.langchain4j;

import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextRanker;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import java.util.Arrays;
import java.util.List;

/**
 * Scores how well segments answer a query, with a cross-encoder: for LangChain4j's {@code ReRankingContentAggregator}.
 * Any number of threads may use one. It does not close the ranker. A segment that is too long together with the query is
 * refused, unless the ranker cuts texts ({@link TextRanker#withTruncation()}).
 */
public final class DetangleScoringModel implements ScoringModel {
    private final TextRanker ranker;

    /** Scores are those of {@link TextRanker#rank(String, List)}. */
    public DetangleScoringModel(TextRanker ranker) {
        this.ranker = ranker;
    }

    /** Returns the score of each segment, in the order of the segments. */
    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
        Double[] scores = new Double[segments.size()];
        for (RankedDocument document :
                ranker.rank(query, segments.stream().map(TextSegment::text).toList())) {
            scores[document.index()] = document.score();
        }
        return Response.from(Arrays.asList(scores));
    }
}

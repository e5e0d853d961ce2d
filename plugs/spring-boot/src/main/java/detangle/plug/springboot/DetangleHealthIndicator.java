package detangle.plug.springboot;

import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.BertScorer;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.Pipeline;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.Redactor;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextRanker;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Is up if every model answers a short text, and down with the failure otherwise. The details say how long each answer
 * took, by the name of the bean.
 */
public final class DetangleHealthIndicator extends AbstractHealthIndicator {
    private static final String TEXT = "health";

    private final Map<String, Pipeline> pipelines;

    /** @param pipelines by the names that the details have */
    public DetangleHealthIndicator(Map<String, Pipeline> pipelines) {
        this.pipelines = Map.copyOf(pipelines);
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        builder.up();
        pipelines.forEach((name, pipeline) -> {
            long begin = System.nanoTime();
            ask(pipeline);
            builder.withDetail(
                    name,
                    "answered in " + Duration.ofNanos(System.nanoTime() - begin).toMillis() + " ms");
        });
    }

    private static void ask(Pipeline pipeline) {
        List<String> labels = List.of("word");
        switch (pipeline) {
            case TextClassifier classifier -> classifier.classify(TEXT);
            case ZeroShotClassifier classifier -> classifier.classify(TEXT, labels, "It is a {}.", true);
            case TokenClassifier classifier -> classifier.classify(TEXT, AggregationStrategy.NONE);
            case LabelClassifier classifier -> classifier.classify(TEXT, labels, LabelOptions.DEFAULT);
            case BertScorer scorer -> scorer.score(List.of(TEXT), List.of(List.of(TEXT)));
            case EntityExtractor extractor -> extractor.extract(TEXT, labels, ExtractionOptions.DEFAULT);
            case SchemaExtractor extractor -> extractor.extract(TEXT, Schema.ofEntities("word"), SchemaOptions.DEFAULT);
            case Redactor redactor -> redactor.find(List.of(TEXT), DetectionOptions.DEFAULT, done -> {});
            case QuestionAnswerer answerer -> answerer.answer(TEXT, TEXT, QuestionOptions.DEFAULT);
            case MaskFiller filler -> filler.fill(mask(filler), 1);
            case FeatureExtractor extractor -> extractor.encode(TEXT);
            case TextRanker ranker -> ranker.rank(TEXT, List.of(TEXT));
            case MultipleChoice choice -> choice.choose(TEXT, List.of(TEXT, TEXT));
            case ReplacedTokenDetector detector -> detector.detect(TEXT);
        }
    }

    /** Returns how the vocabulary spells the mask, which a model that fills masks has. */
    private static String mask(MaskFiller filler) {
        int id = filler.tokenizer().maskTokenId().orElseThrow();
        return filler.tokenizer().token(id).orElseThrow();
    }
}

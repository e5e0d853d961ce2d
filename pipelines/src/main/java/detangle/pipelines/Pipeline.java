package detangle.pipelines;

/** A model that is loaded for a task. It holds memory until it is closed, and must not be used after that. */
public sealed interface Pipeline extends AutoCloseable
        permits TextClassifier,
                ZeroShotClassifier,
                TokenClassifier,
                LabelClassifier,
                BertScorer,
                EntityExtractor,
                QuestionAnswerer,
                MaskFiller,
                FeatureExtractor,
                TextRanker,
                MultipleChoice,
                ReplacedTokenDetector {
    @Override
    void close();
}

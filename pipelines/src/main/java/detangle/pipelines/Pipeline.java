package detangle.pipelines;

import detangle.models.text.Tokenizer;

/** A model that is loaded for a task. It holds memory until it is closed, and must not be used after that. */
public sealed interface Pipeline extends AutoCloseable
        permits TextClassifier,
                ZeroShotClassifier,
                TokenClassifier,
                LabelClassifier,
                BertScorer,
                EntityExtractor,
                SchemaExtractor,
                Redactor,
                QuestionAnswerer,
                MaskFiller,
                FeatureExtractor,
                TextRanker,
                MultipleChoice,
                ReplacedTokenDetector {
    /** Returns what makes tokens of texts. */
    Tokenizer tokenizer();

    /**
     * The tokens that the model reads at once, special ones included: longer texts are cut, refused, or read in
     * windows.
     */
    int maxLength();

    @Override
    void close();
}

package detangle.pipelines;

import detangle.models.text.Tokenizer;
import java.util.Locale;

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
     * Returns the tokens that the model reads at once, special ones included, or as many words as {@link #lengthUnit}
     * says: longer texts are cut, refused, or read in windows.
     */
    int maxLength();

    /** Returns what {@link #maxLength} counts. */
    default LengthUnit lengthUnit() {
        return LengthUnit.TOKENS;
    }

    /** The units in which models count the length of a text. */
    enum LengthUnit {
        TOKENS,
        /** Words of GLiNER's own kind, each of which is one token or several. */
        WORDS;

        /** Returns the name in messages and in JSON: {@code tokens}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    void close();
}

package detangle.pipelines;

import detangle.models.text.Tokenizer;
import java.util.Locale;

/** A model that is loaded for a task. It occupies memory until it is closed, and must not be used after that. */
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
    /** Returns the tokenizer of texts. */
    Tokenizer tokenizer();

    /**
     * Returns how much of a text the model reads at once, in the unit {@link #lengthUnit}: tokens, special ones
     * included, or words. Longer texts are cut, refused, or read in windows.
     */
    int maxLength();

    /** Returns the unit of {@link #maxLength}. */
    default LengthUnit lengthUnit() {
        return LengthUnit.TOKENS;
    }

    /** The units in which models count the length of a text. */
    enum LengthUnit {
        TOKENS,
        /** Words as GLiNER divides texts; each is one or several tokens. */
        WORDS;

        /** Returns the name in messages and in JSON: {@code tokens}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    void close();
}

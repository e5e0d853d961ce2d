package detangle.models.deberta;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What stands on the encoder: the class in {@code architectures}, without its DeBERTa prefix. */
public enum Architecture {
    ENCODER("Model"),
    SEQUENCE_CLASSIFICATION("ForSequenceClassification"),
    TOKEN_CLASSIFICATION("ForTokenClassification"),
    QUESTION_ANSWERING("ForQuestionAnswering"),
    MULTIPLE_CHOICE("ForMultipleChoice"),
    MASKED_LM("ForMaskedLM");

    private final String classSuffix;

    Architecture(String classSuffix) {
        this.classSuffix = classSuffix;
    }

    /** The name on the command line: {@code sequence-classification}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The head with that {@link #text()}. */
    public static Optional<Architecture> named(String text) {
        return Arrays.stream(values()).filter(a -> a.text().equals(text)).findFirst();
    }

    /** The class name in {@code architectures}: {@code DebertaV2ForSequenceClassification}. */
    public String className(ModelType type) {
        return type.classPrefix() + classSuffix;
    }
}

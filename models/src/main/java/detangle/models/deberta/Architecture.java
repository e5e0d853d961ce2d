package detangle.models.deberta;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The heads on the encoder: the class in {@code architectures}, without its DeBERTa prefix. */
public enum Architecture {
    ENCODER("Model"),
    SEQUENCE_CLASSIFICATION("ForSequenceClassification"),
    TOKEN_CLASSIFICATION("ForTokenClassification"),
    QUESTION_ANSWERING("ForQuestionAnswering"),
    MULTIPLE_CHOICE("ForMultipleChoice"),
    MASKED_LM("ForMaskedLM"),
    /** Masked LM with the enhanced mask decoder, which HuggingFace has no class for. */
    MASKED_LM_EMD,
    /** The discriminator of v3's pre-training, which HuggingFace has no class for. */
    REPLACED_TOKEN_DETECTION;

    private final Optional<String> classSuffix;

    Architecture(String classSuffix) {
        this.classSuffix = Optional.of(classSuffix);
    }

    Architecture() {
        this.classSuffix = Optional.empty();
    }

    /** Returns the name on the command line: {@code sequence-classification}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the head with that {@link #text()}. */
    public static Optional<Architecture> named(String text) {
        return Arrays.stream(values()).filter(a -> a.text().equals(text)).findFirst();
    }

    /** Returns the head of a class name in {@code architectures}: {@code DebertaV2ForSequenceClassification}. */
    static Optional<Architecture> ofClass(String className) {
        return Arrays.stream(values())
                .filter(a -> Arrays.stream(ModelType.values())
                        .anyMatch(type ->
                                a.className(type).filter(className::equals).isPresent()))
                .findFirst();
    }

    /**
     * Returns the name of HuggingFace's class: {@code DebertaV2ForSequenceClassification}; empty if it has none for the
     * head.
     */
    Optional<String> className(ModelType type) {
        return classSuffix.map(suffix -> type.classPrefix() + suffix);
    }

    /** Returns whether the head predicts the tokens behind masks. */
    public boolean predictsMasks() {
        return this == MASKED_LM || this == MASKED_LM_EMD;
    }

    /** Returns what the names of the head's tensors begin with, some of which may be absent. */
    List<String> roots() {
        return switch (this) {
            case ENCODER -> List.of();
            case SEQUENCE_CLASSIFICATION, MULTIPLE_CHOICE -> List.of("pooler.", "classifier.");
            case TOKEN_CLASSIFICATION -> List.of("classifier.");
            case QUESTION_ANSWERING -> List.of("qa_outputs.");
            case MASKED_LM, MASKED_LM_EMD -> List.of("lm_predictions.", "cls.predictions.");
            case REPLACED_TOKEN_DETECTION -> List.of("mask_predictions.");
        };
    }

    /** Whose code defines the head, and so whose reading of distances it goes with. */
    public Convention convention() {
        return classSuffix.isPresent() ? Convention.HUGGINGFACE : Convention.MICROSOFT;
    }
}

package detangle.models.deberta;

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

    /** The class name in {@code architectures}: {@code DebertaV2ForSequenceClassification}. */
    public String className(ModelType type) {
        return type.classPrefix() + classSuffix;
    }
}

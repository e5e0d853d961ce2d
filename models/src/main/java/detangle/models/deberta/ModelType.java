package detangle.models.deberta;

/** The two layouts of weights and of attention; v3 and mDeBERTa are {@link #DEBERTA_V2} with other sizes. */
public enum ModelType {
    DEBERTA("deberta", "Deberta"),
    DEBERTA_V2("deberta-v2", "DebertaV2");

    private final String text;
    private final String classPrefix;

    ModelType(String text, String classPrefix) {
        this.text = text;
        this.classPrefix = classPrefix;
    }

    /** Returns the value of {@code model_type}. */
    public String text() {
        return text;
    }

    /** Returns what the names in {@code architectures} begin with. */
    String classPrefix() {
        return classPrefix;
    }
}

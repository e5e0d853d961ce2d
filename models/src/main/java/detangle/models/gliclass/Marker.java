package detangle.models.gliclass;

/**
 * The tokens that divide a prompt: {@code <<LABEL>>a<<LABEL>>b<<SEP>>text<<EXAMPLE>>...<<SEP>>} (gliclass/pipeline.py).
 */
public enum Marker {
    /** The token before each label. */
    LABEL("<<LABEL>>", "class_token_index"),
    /** The token behind the labels, and behind the examples. */
    TEXT("<<SEP>>", "text_token_index"),
    /** The token before each example. */
    EXAMPLE("<<EXAMPLE>>", "example_token_index");

    private final String spelling;
    private final String field;

    Marker(String spelling, String field) {
        this.spelling = spelling;
        this.field = field;
    }

    /** Returns the text of the marker in a prompt. */
    public String spelling() {
        return spelling;
    }

    /** Returns the field of config.json with its id. */
    public String field() {
        return field;
    }
}

package detangle.pipelines.schema;

/** The number of values that an entity's kind or a field has. */
public enum ValueType {
    /** At most one value; GLiNER2 calls it str. */
    ONE("str"),
    /** Any number of values; GLiNER2 calls it list. */
    LIST("list");

    private final String text;

    ValueType(String text) {
        this.text = text;
    }

    /** Returns GLiNER2's word for it. */
    public String text() {
        return text;
    }
}

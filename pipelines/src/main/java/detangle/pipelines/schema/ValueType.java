package detangle.pipelines.schema;

/** How many values an entity's kind or a field has. */
public enum ValueType {
    /** One or none; GLiNER2 calls it str. */
    ONE("str"),
    /** Any number; GLiNER2 calls it list. */
    LIST("list");

    private final String text;

    ValueType(String text) {
        this.text = text;
    }

    /** GLiNER2's word for it. */
    public String text() {
        return text;
    }
}

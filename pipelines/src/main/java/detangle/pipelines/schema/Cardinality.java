package detangle.pipelines.schema;

import java.util.Locale;

/** The number of values that a field of a record has (gliner2/processing/records.py). */
public enum Cardinality {
    /** The field has one value or none. */
    OPTIONAL_ONE(ValueType.ONE, true),
    /** The field has one value, however improbable it is. */
    REQUIRED_ONE(ValueType.ONE, false),
    /** The field has any number of values. */
    ZERO_OR_MORE(ValueType.LIST, true),
    /** The field has at least one value; inference treats this as any number. */
    ONE_OR_MORE(ValueType.LIST, false);

    private final ValueType type;
    private final boolean allowsNone;

    Cardinality(ValueType type, boolean allowsNone) {
        this.type = type;
        this.allowsNone = allowsNone;
    }

    /** Returns {@link ValueType#ONE} if a field has at most one value. */
    public ValueType type() {
        return type;
    }

    /** Returns whether a value that does not reach the threshold is left out. */
    public boolean allowsNone() {
        return allowsNone;
    }

    /** Returns GLiNER2's word for it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package detangle.pipelines.schema;

import java.util.Locale;

/** The number of values that a field of a record has (gliner2/processing/records.py). */
public enum Cardinality {
    /** The field has one value or none. */
    OPTIONAL_ONE(ValueType.ONE, true),
    /** The field has one value, however improbable it is. */
    REQUIRED_ONE(ValueType.ONE, false),
    /** Any number. */
    ZERO_OR_MORE(ValueType.LIST, true),
    /** At least one, which inference reads as any number. */
    ONE_OR_MORE(ValueType.LIST, false);

    private final ValueType type;
    private final boolean allowsNone;

    Cardinality(ValueType type, boolean allowsNone) {
        this.type = type;
        this.allowsNone = allowsNone;
    }

    /** Returns whether it has one value at most. */
    public ValueType type() {
        return type;
    }

    /** Returns whether a value that does not reach the threshold is left out. */
    public boolean allowsNone() {
        return allowsNone;
    }

    /** GLiNER2's word for it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}

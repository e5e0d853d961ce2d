package detangle.pipelines.schema;

/**
 * A regular expression that values of a field must match (gliner2/inference/schema.py, RegexValidator). It has the
 * syntax of Python's re, and ignores the case of letters.
 *
 * @param expression the expression
 * @param mode whether it must match a whole value or a part of it
 * @param exclude whether values that match are left out instead
 */
public record Validator(PythonPattern expression, Mode mode, boolean exclude) {
    /** The part of a value that must match. */
    public enum Mode {
        FULL,
        PARTIAL
    }

    /**
     * Returns a validator that keeps values that match the expression as a whole.
     *
     * @throws SchemaException if the expression is not one, or has syntax that is not supported
     */
    public static Validator full(String expression) {
        return new Validator(PythonPattern.compile(expression), Mode.FULL, false);
    }

    /** Returns a validator that keeps values of which a part matches. It throws what {@link #full} throws. */
    public static Validator partial(String expression) {
        return new Validator(PythonPattern.compile(expression), Mode.PARTIAL, false);
    }

    /** Returns a validator with the same expression that leaves matching values out. */
    public Validator excluding() {
        return new Validator(expression, mode, !exclude);
    }

    /**
     * Returns whether a value passes.
     *
     * @throws SchemaException if matching takes too long
     */
    public boolean passes(String value) {
        boolean matches = switch (mode) {
            case FULL -> expression.matches(value);
            case PARTIAL -> expression.isIn(value);
        };
        return matches != exclude;
    }
}

package detangle.ir;

/** Functions of two numbers of one type. AND and OR take i1; MAX and MIN propagate NaN. */
public enum BinaryFunction {
    ADD,
    SUB,
    MUL,
    DIV,
    MAX,
    MIN,
    AND,
    OR;

    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Returns whether {@code f(a, b)} is {@code f(b, a)}. */
    public boolean commutes() {
        return switch (this) {
            case ADD, MUL, MAX, MIN, AND, OR -> true;
            case SUB, DIV -> false;
        };
    }
}

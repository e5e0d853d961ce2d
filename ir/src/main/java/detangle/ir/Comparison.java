package detangle.ir;

/** Comparisons of two numbers of one type; the result is i1, and false where a NaN takes part (true for NE). */
public enum Comparison {
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE;

    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}

package detangle.ir;

/** Functions of one number. All but NOT, NEG, ABS and SIGN take floating-point numbers; NOT takes i1. */
public enum UnaryFunction {
    NEG,
    ABS,
    SIGN,
    NOT,
    EXP,
    LOG,
    SQRT,
    RSQRT,
    ERF,
    TANH,
    CEIL,
    FLOOR,
    /** x / (1 + exp(-x)). */
    SILU;

    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}

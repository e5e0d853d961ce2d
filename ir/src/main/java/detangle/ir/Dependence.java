package detangle.ir;

/**
 * The cause that may change a value between two runs at the same sizes. Of several operands, the one that changes most
 * often decides.
 */
public enum Dependence {
    /** Nothing may change the value: it follows from constants and from the sizes alone. */
    CONSTANT,
    /** The value follows from parameters, which a program or its user may replace between runs. */
    VARIABLE,
    /** The value follows from an input, and so belongs to one run. */
    INPUT;

    /** Returns the dependence of a value that is computed from values with these two. */
    Dependence and(Dependence other) {
        return compareTo(other) < 0 ? other : this;
    }
}

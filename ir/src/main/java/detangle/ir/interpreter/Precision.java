package detangle.ir.interpreter;

/** The precision in which the interpreter holds floating-point values. */
public enum Precision {
    /** Every float type is computed in doubles and never rounded; results are f64. The judge of everything else. */
    F64,
    /** Each operation's result is rounded to its element type; sums and products are accumulated in doubles first. */
    F32
}

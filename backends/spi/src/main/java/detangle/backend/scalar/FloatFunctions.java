package detangle.backend.scalar;

import detangle.ir.UnaryFunction;
import java.lang.classfile.CodeBuilder;

/**
 * Emits those functions of floats that are not the same for all compilers of bytecode. Each method
 * takes its operands from the stack and leaves the result there. Semantics are the interpreter's.
 */
public interface FloatFunctions {
    /** A function of an f32, by an exhaustive switch. */
    void unary(CodeBuilder code, UnaryFunction function);

    /** The greater of two floats; NaN where one is NaN. */
    void max(CodeBuilder code);

    /** The smaller of two floats; NaN where one is NaN. */
    void min(CodeBuilder code);

    /** A float as an int: toward zero, saturating, NaN to 0. */
    void toInt(CodeBuilder code);

    /** A float as a long: toward zero, saturating, NaN to 0. */
    void toLong(CodeBuilder code);

    /** A long as a float. */
    void fromLong(CodeBuilder code);
}

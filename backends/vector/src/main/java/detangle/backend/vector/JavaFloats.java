package detangle.backend.vector;

import detangle.backend.scalar.FloatFunctions;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
import java.lang.classfile.CodeBuilder;

/**
 * Conversions of floats by the JVM's instructions. Functions of floats never come here: {@link RegionCode} computes them
 * by blocks.
 */
record JavaFloats() implements FloatFunctions {
    @Override
    public void unary(CodeBuilder code, UnaryFunction function) {
        throw ofBlocks(function.text());
    }

    @Override
    public void max(CodeBuilder code) {
        throw ofBlocks("max");
    }

    @Override
    public void min(CodeBuilder code) {
        throw ofBlocks("min");
    }

    @Override
    public void toInt(CodeBuilder code) {
        code.f2i();
    }

    @Override
    public void toLong(CodeBuilder code) {
        code.f2l();
    }

    /** Through a double, as in the interpreter: rounding once could give another float. */
    @Override
    public void fromLong(CodeBuilder code) {
        code.l2d().d2f();
    }

    private static InternalException ofBlocks(String function) {
        return new InternalException(function + " of floats is emitted, although blocks compute it");
    }
}

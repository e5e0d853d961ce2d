package detangle.backend.vector;

import detangle.ir.InternalException;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** A loop that {@link RegionCompiler} has made of the functions between those of {@code FloatBlocks}. */
record ScalarLoop(MethodHandle code, List<Integer> operands, int result) implements BlockStep {
    @Override
    public void run(BlockRegisters registers, int size) {
        try {
            code.invokeExact(registers.together(operands), registers.array(result), size);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("a generated kernel threw a checked exception", e);
        }
    }
}

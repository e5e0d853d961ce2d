package detangle.backend;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.InputBinding;
import detangle.ir.interpreter.InterpreterException;
import java.util.Map;

/** Checks the inputs of a run against a program and reads the sizes of its symbols from them. */
public final class ShapeBinding {
    private ShapeBinding() {}

    /**
     * Returns the size of each symbol, as {@link InputBinding} says.
     *
     * @throws InputException if an input is missing, unknown, or of another type or shape
     */
    public static Map<String, Long> bind(Program program, Map<String, Tensor> inputs) {
        try {
            return InputBinding.bind(program, inputs);
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        }
    }
}

package detangle.ir.interpreter;

import detangle.ir.InvalidInputException;

/** A program that cannot be evaluated on these inputs: an id outside its table, absent data, a negative size. */
public final class InterpreterException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public InterpreterException(String message) {
        super(message);
    }
}

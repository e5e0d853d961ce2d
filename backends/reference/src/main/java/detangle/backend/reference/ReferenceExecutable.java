package detangle.backend.reference;

import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.InputException;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.backend.Variables;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import java.util.Map;

/** Runs a program in the interpreter, in the precision of its element types. */
final class ReferenceExecutable implements Executable {
    private final Program program;
    private final HostVariables variables;
    private final Variables.Turn turn;
    private volatile boolean closed;

    ReferenceExecutable(Program program, HostVariables variables) {
        this.program = program;
        this.variables = variables;
        this.turn = variables.turn(program);
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("the executable is closed");
        }
        ShapeBinding.bind(program, inputs);
        return turn.take(() -> {
            Interpreter.Results results = interpret(inputs);
            variables.write(results.updates());
            return results.outputs();
        });
    }

    private Interpreter.Results interpret(Map<String, Tensor> inputs) {
        try {
            return new Interpreter(Precision.F32).run(program, inputs, variables.values());
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        }
    }

    /** The interpreter takes operations apart, so that all of them are one here. */
    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        long begin = System.nanoTime();
        Map<String, Tensor> results = run(inputs);
        profile.add("reference", "program", System.nanoTime() - begin);
        return results;
    }

    @Override
    public void close() {
        closed = true;
    }
}

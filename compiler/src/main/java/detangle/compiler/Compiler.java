package detangle.compiler;

import detangle.backend.Plan;
import detangle.ir.IrException;
import detangle.ir.Level;
import detangle.ir.Program;
import detangle.ir.SizeException;
import detangle.ir.Verifier;
import detangle.ir.interpreter.InterpreterException;
import java.util.List;

/** Runs passes over a program and plans its memory. */
public final class Compiler {
    private Compiler() {}

    /** Sees the program after each pass, for dumps and checks. */
    @FunctionalInterface
    public interface Observer {
        void after(Pass pass, Program program);
    }

    /**
     * Runs passes in order; what each leaves is verified, and holds what programs of the level may hold that it has
     * come to.
     *
     * @throws CompileException that names the pass, if a program that is valid cannot be taken through it: its sizes
     *     overflow, it is too deep, or a constant cannot be evaluated
     */
    public static Program run(Program program, List<Pass> passes, Observer observer) {
        Program current = program;
        Level level = Level.PASSES;
        Verifier.Checked checked = new Verifier.Checked();
        for (Pass pass : passes) {
            level = pass.leaves(level);
            current = run(pass, current, pass != passes.getFirst(), level, checked);
            observer.after(pass, current);
        }
        return current;
    }

    /**
     * Runs a pass.
     *
     * @param verified whether the program is the result of another pass and has been verified
     * @param checked the nodes of the programs that have been verified
     */
    private static Program run(Pass pass, Program program, boolean verified, Level after, Verifier.Checked checked) {
        try {
            pass.takes().check(program);
            Program result = pass.run(program);
            if (result == program && verified) {
                after.check(result); // The pass changed nothing, but what it leaves may be held to another level.
            } else {
                Verifier.check(result, after, checked);
            }
            return result;
        } catch (IrException | SizeException | InterpreterException e) {
            throw new CompileException("the pass " + pass.name() + " cannot be run: " + e.getMessage(), e);
        }
    }

    /**
     * Compiles a program for a backend.
     *
     * @throws CompileException if a parameter has no data or another shape
     * @throws IrException if the passes leave what a backend is not given: see {@link Level#COMPILED}
     */
    public static Plan compile(Program program, List<Pass> passes) {
        Program kernels = run(program, passes, (pass, p) -> {});
        return new Plan(kernels, MemoryPlanner.plan(kernels));
    }
}

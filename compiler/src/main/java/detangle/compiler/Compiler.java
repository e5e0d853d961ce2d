package detangle.compiler;

import detangle.backend.Plan;
import detangle.ir.Program;
import detangle.ir.Verifier;
import java.util.List;

/** Runs passes over a program and plans its memory. */
public final class Compiler {
    private Compiler() {}

    /** Sees the program after each pass, for dumps and checks. */
    @FunctionalInterface
    public interface Observer {
        void after(Pass pass, Program program);
    }

    /** Runs passes in order; what each leaves is verified. */
    public static Program run(Program program, List<Pass> passes, Observer observer) {
        Program current = program;
        for (Pass pass : passes) {
            current = pass.run(current);
            Verifier.check(current);
            observer.after(pass, current);
        }
        return current;
    }

    /**
     * Compiles a tensor-level program for a backend.
     *
     * @throws CompileException if a parameter has no data or another shape
     */
    public static Plan compile(Program program, List<Pass> passes) {
        Program kernels = run(program, passes, (pass, p) -> {});
        return new Plan(kernels, MemoryPlanner.plan(kernels));
    }
}

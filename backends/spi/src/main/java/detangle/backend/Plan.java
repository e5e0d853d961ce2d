package detangle.backend;

import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * A compiled program as a backend is given it, with the memory that each of its values takes. Its parameters are
 * variables.
 */
public record Plan(Program program, MemoryPlan memory) {
    /** @throws detangle.ir.IrException if the program holds what a backend is not given: see {@link Level#COMPILED} */
    public Plan {
        Level.COMPILED.check(program);
    }

    /**
     * Returns the program's operations in the order in which a run computes them: as {@link Program#operations} has
     * them, late ones after all others.
     */
    public List<List<Node>> operations() {
        return operations(program, memory.late());
    }

    /** Returns the operations of a program in the order in which a run computes them, of which some nodes are late. */
    public static List<List<Node>> operations(Program program, List<Node> lateNodes) {
        Set<Node> late = Collections.newSetFromMap(new IdentityHashMap<>());
        late.addAll(lateNodes);
        List<List<Node>> operations = new ArrayList<>(program.operations());
        operations.removeIf(results -> late.contains(results.getFirst()));
        program.operations().stream()
                .filter(results -> late.contains(results.getFirst()))
                .forEach(operations::add);
        return operations;
    }
}

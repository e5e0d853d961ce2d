package detangle.compiler;

import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.scalar.Region;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The elementwise nodes that cannot fail and whose value nothing but updates needs. A run computes them last, so that
 * they may overwrite parameters: see {@link detangle.backend.MemoryPlan#late}.
 */
public final class LateNodes {
    private LateNodes() {}

    /** Operands before users. The results of an operation are late together. */
    public static List<Node> of(Program program) {
        Set<Node> eachRun = program.eachRun();
        Set<Node> late = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Node> returned = Collections.newSetFromMap(new IdentityHashMap<>());
        program.outputs().forEach(output -> returned.add(output.node()));
        Map<Node, List<Node>> users = program.users();
        for (List<Node> results : program.operations().reversed()) {
            boolean areLate = results.stream()
                    .allMatch(node -> eachRun.contains(node)
                            && node.op() instanceof KernelOp.Elementwise(Region region)
                            && !region.mayFail()
                            && !returned.contains(node)
                            && late.containsAll(users.get(node)));
            if (areLate) {
                late.addAll(results);
            }
        }
        return program.nodes().stream().filter(late::contains).toList();
    }
}

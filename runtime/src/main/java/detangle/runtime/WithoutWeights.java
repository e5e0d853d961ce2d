package detangle.runtime;

import detangle.ir.Builder;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Rewriter;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Models that are compiled to be looked at, and not to be run. */
final class WithoutWeights {
    private WithoutWeights() {}

    /**
     * Returns the program as it is compiled for inference, but without data: its parameters are constants, so that what
     * follows from them alone is not computed at each run. Those that the program updates stay parameters.
     */
    static Program bound(Program program) {
        Builder b = new Builder();
        Map<Node, Node> constants = new IdentityHashMap<>();
        Set<String> variables =
                program.updates().stream().map(Program.Update::name).collect(Collectors.toSet());
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, var type) && !variables.contains(name)) {
                constants.put(node, b.constant(new Literal.Named(name), type));
            }
        }
        return Rewriter.replace(program, constants);
    }
}

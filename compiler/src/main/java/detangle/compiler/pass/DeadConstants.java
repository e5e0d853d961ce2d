package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Literal;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.HashMap;
import java.util.Map;

/**
 * Lets go of the data that no constant of the program refers to any more, such as weights whose products are folded.
 */
public final class DeadConstants implements Pass {
    @Override
    public String name() {
        return "dead-constants";
    }

    @Override
    public Program run(Program program) {
        Map<String, Tensor> used = new HashMap<>();
        program.nodes().forEach(node -> {
            if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)
                    && program.constants().containsKey(name)) {
                used.put(name, program.constants().get(name));
            }
        });
        return used.size() == program.constants().size() ? program : program.withConstants(used);
    }
}

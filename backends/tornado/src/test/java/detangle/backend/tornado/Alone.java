package detangle.backend.tornado;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes a program of one operation of another program. */
final class Alone {
    private Alone() {}

    /** Returns a program of one operation. Its operands become inputs, except those that are known before a run. */
    static Program of(Node node, Program program) {
        Set<Node> eachRun = program.eachRun();
        Map<Node, Node> inputs = new IdentityHashMap<>();
        List<Node> operands = new ArrayList<>();
        for (Node operand : node.inputs()) {
            if (eachRun.contains(operand)) {
                operands.add(inputs.computeIfAbsent(
                        operand,
                        x -> new Node(
                                new TensorOp.Input("x" + inputs.size(), x.type()),
                                List.of(),
                                x.type(),
                                "",
                                x.location())));
            } else {
                operands.add(operand);
            }
        }
        return new Program(
                "alone",
                List.copyOf(inputs.values()),
                List.of(new Output("y", node.withInputs(operands))),
                program.constants());
    }
}

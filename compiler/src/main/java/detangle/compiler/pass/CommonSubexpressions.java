package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Equal operations over the same operands are computed once. Operations are records and compare by their attributes;
 * random numbers are functions of seed and stream, so they merge as well.
 */
public final class CommonSubexpressions implements Pass {
    @Override
    public String name() {
        return "common-subexpressions";
    }

    /** Operands by number: nodes compare by identity, and after merging so do equal operands. */
    private record Key(Op op, List<Integer> operands, TensorType type) {}

    @Override
    public Program run(Program program) {
        Map<Key, Node> first = new HashMap<>();
        Map<Node, Integer> numbers = new IdentityHashMap<>();
        Map<Node, Node> replacements = new IdentityHashMap<>();
        for (Node node : program.nodes()) {
            Key key =
                    new Key(node.op(), node.inputs().stream().map(numbers::get).toList(), node.type());
            Node known = node.op() instanceof TensorOp.Input ? node : first.computeIfAbsent(key, k -> node);
            numbers.computeIfAbsent(known, n -> numbers.size());
            numbers.put(node, numbers.get(known));
            if (known != node) {
                replacements.put(node, known);
            }
        }
        return replacements.isEmpty() ? program : merge(program, replacements);
    }

    /** The kept node may itself have merged operands, so nodes are rebuilt in order. */
    private static Program merge(Program program, Map<Node, Node> merged) {
        Map<Node, Node> rebuilt = new IdentityHashMap<>();
        for (Node node : program.nodes()) {
            Node kept = merged.get(node);
            if (kept != null) {
                rebuilt.put(node, rebuilt.get(kept));
            } else {
                List<Node> inputs = node.inputs().stream().map(rebuilt::get).toList();
                rebuilt.put(node, inputs.equals(node.inputs()) ? node : node.withInputs(inputs));
            }
        }
        return Rewriter.replace(program, rebuilt);
    }
}

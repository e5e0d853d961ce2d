package detangle.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which nodes are {@linkplain SeveralResults results of one operation}. */
final class Operations {
    private Operations() {}

    /**
     * The operation and the operands, which the results of one operation have in common. Nodes compare by identity, and
     * so do the operands here.
     */
    record Key(Op op, List<Node> operands) {
        static Key of(SeveralResults op, List<Node> operands) {
            return new Key(op.withFirstResult(), operands);
        }
    }

    /**
     * Nodes by the operation that computes them, at the place of the first result of each: the operands of the others
     * are the same, and stand before it. An operation gives each of its results once, so that equal nodes are results
     * of different operations.
     *
     * @param nodes operands before users
     */
    static List<List<Node>> of(List<Node> nodes) {
        List<List<Node>> operations = new ArrayList<>(nodes.size());
        Map<Key, List<Node>> latest = new HashMap<>();
        for (Node node : nodes) {
            if (!(node.op() instanceof SeveralResults several)) {
                operations.add(List.of(node));
                continue;
            }
            Key key = Key.of(several, node.inputs());
            List<Node> results = latest.get(key);
            if (results == null || results.stream().anyMatch(n -> n.op().equals(node.op()))) {
                results = new ArrayList<>();
                latest.put(key, results);
                operations.add(results);
            }
            results.add(node);
        }
        return operations;
    }
}

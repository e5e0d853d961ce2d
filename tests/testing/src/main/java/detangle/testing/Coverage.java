package detangle.testing;

import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Which operations, and which pairs of an operation and the one that reads it, programs had. */
public final class Coverage {
    private final Map<String, Integer> ops = new TreeMap<>();
    private final Map<String, Integer> pairs = new TreeMap<>();
    private int programs;

    Coverage() {}

    public void add(Program program) {
        programs++;
        for (Node node : program.nodes()) {
            ops.merge(label(node), 1, Integer::sum);
            for (Node input : node.inputs()) {
                pairs.merge(label(input) + ">" + label(node), 1, Integer::sum);
            }
        }
    }

    /** Returns how often an operation occurred; functions and comparisons count as operations of their own. */
    public int of(String label) {
        return ops.getOrDefault(label, 0);
    }

    private static String label(Node node) {
        return switch (node.op()) {
            case TensorOp.Unary(var f) -> f.text();
            case TensorOp.Binary(var f) -> f.text();
            case TensorOp.Compare(var c) -> c.text();
            case TensorOp.Reduce(var f, var axis) -> "reduce_" + f.text();
            case TensorOp op -> op.getClass().getSimpleName().toLowerCase(Locale.ROOT);
            case KernelOp op -> op.getClass().getSimpleName().toLowerCase(Locale.ROOT);
        };
    }

    @Override
    public String toString() {
        String rare = ops.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .limit(5)
                .map(e -> e.getKey() + " " + e.getValue())
                .collect(Collectors.joining(", "));
        return programs + " programs, " + ops.size() + " operations, " + pairs.size()
                + " pairs of an operation and its reader; rarest: " + rare;
    }
}

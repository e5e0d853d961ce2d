package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.MemoryPlan;
import detangle.backend.MemoryPlan.Layout;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.testing.RandomPrograms;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** No value is overwritten while somebody still reads it: checked on its own terms, not by the planner's. */
class MemoryPlannerTest {
    private static final List<Map<String, Long>> SIZES =
            List.of(Map.of("B", 1L, "S", 1L), Map.of("B", 3L, "S", 17L), Map.of("B", 8L, "S", 128L));

    @Test
    void liveValuesDoNotOverlap() {
        int shared = 0;
        for (long seed = 0; seed < 300; seed++) {
            Program program =
                    Compiler.run(RandomPrograms.sample(seed).program(), Passes.optimisations(), (pass, p) -> {});
            MemoryPlan plan = MemoryPlanner.plan(program);
            for (Map<String, Long> sizes : SIZES) {
                check(program, plan, sizes, seed);
            }
            shared += (int) program.nodes().stream()
                            .filter(n -> plan.slot(n).isPresent())
                            .count()
                    - plan.slots().size();
        }
        assertTrue(shared > 300, "slots are hardly ever used again: " + shared);
    }

    private static void check(Program program, MemoryPlan plan, Map<String, Long> sizes, long seed) {
        Layout layout = plan.layout(sizes);
        List<Node> order = program.nodes();
        Map<Node, Integer> born = new IdentityHashMap<>();
        Map<Node, Integer> dies = new IdentityHashMap<>();
        Set<Node> eachRun = program.eachRun();
        List<List<Node>> operations = program.operations();
        for (int i = 0; i < operations.size(); i++) {
            // The results of one operation are written at the same time, while its operands are read.
            for (Node node : operations.get(i)) {
                born.put(node, i);
                dies.put(node, i);
                for (Node input : node.inputs()) {
                    dies.put(input, i);
                }
            }
        }
        program.outputs().forEach(o -> dies.put(o.node(), operations.size()));
        List<Node> placed = order.stream().filter(n -> plan.slot(n).isPresent()).toList();
        for (Node node : order) {
            boolean given = node.op() instanceof TensorOp.Input || node.op() instanceof TensorOp.Param;
            boolean needs = eachRun.contains(node) && !given;
            assertEquals(needs, plan.slot(node).isPresent(), "seed " + seed + ": " + node);
        }
        // A view lives as long as its last reader, and keeps its operand's memory alive for as long.
        for (int i = order.size() - 1; i >= 0; i--) {
            Node node = order.get(i);
            if (node.op() instanceof TensorOp.Reshape) {
                dies.merge(node.input(0), dies.get(node), Math::max);
            }
        }
        for (Node a : placed) {
            for (Node b : placed) {
                boolean laterWritten = a != b && born.get(b) >= born.get(a) && born.get(b) <= dies.get(a);
                if (laterWritten && overlap(a, b, plan, layout, sizes)) {
                    boolean inPlace = born.get(b).equals(dies.get(a)) && mayShare(b, a);
                    boolean view =
                            b.op() instanceof TensorOp.Reshape && plan.slot(a).equals(plan.slot(b));
                    assertTrue(inPlace || view, "seed " + seed + " at " + sizes + ": " + b + " overwrites " + a);
                }
            }
        }
    }

    /** An operand of the node's own type, or what such an operand is a view of. */
    private static boolean mayShare(Node node, Node value) {
        boolean inPlace = node.op() instanceof KernelOp.Elementwise || node.op() instanceof KernelOp.LayerNorm;
        return inPlace
                && node.inputs().stream().anyMatch(x -> x.type().equals(node.type()) && viewed(x) == viewed(value));
    }

    private static Node viewed(Node node) {
        return node.op() instanceof TensorOp.Reshape ? viewed(node.input(0)) : node;
    }

    private static boolean overlap(Node a, Node b, MemoryPlan plan, Layout layout, Map<String, Long> sizes) {
        if (a.type().dtype() != b.type().dtype()) {
            return false;
        }
        long startA = layout.offsets().get(plan.slot(a).getAsInt());
        long startB = layout.offsets().get(plan.slot(b).getAsInt());
        long endA = startA + a.shape().elements().evaluate(sizes);
        long endB = startB + b.shape().elements().evaluate(sizes);
        return startA < endB && startB < endA;
    }
}

package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.MemoryPlan;
import detangle.backend.MemoryPlan.Layout;
import detangle.backend.MemoryPlan.Slot;
import detangle.backend.Plan;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Update;
import detangle.ir.TensorOp;
import detangle.ir.text.Parser;
import detangle.testing.RandomPrograms;
import detangle.testing.RandomUpdates;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** No value is overwritten while somebody still reads it: checked on its own terms, not by the planner's. */
class MemoryPlannerTest {
    private static final List<Map<String, Long>> SIZES =
            List.of(Map.of("B", 1L, "S", 1L), Map.of("B", 3L, "S", 17L), Map.of("B", 8L, "S", 128L));

    @Test
    void liveValuesDoNotOverlap() {
        long needed = 0;
        long taken = 0;
        for (long seed = 0; seed < 300; seed++) {
            Program program =
                    Compiler.run(RandomPrograms.sample(seed).program(), Passes.optimisations(), (pass, p) -> {});
            MemoryPlan plan = MemoryPlanner.plan(program);
            for (Map<String, Long> sizes : SIZES) {
                check(program, plan, sizes, seed);
                needed += mostAtOnce(plan, sizes);
                taken += plan.layout(sizes).bytes();
            }
        }
        assertTrue(taken <= needed * 1.1, taken + " bytes are taken where " + needed + " are needed at once");
    }

    /** The bytes of the slots that are needed at one time, where these are most. */
    private static long mostAtOnce(MemoryPlan plan, Map<String, Long> sizes) {
        long most = 0;
        for (Slot at : plan.slots()) {
            long bytes = plan.slots().stream()
                    .filter(slot ->
                            slot.parameter().isEmpty() && slot.first() <= at.first() && at.first() <= slot.last())
                    .mapToLong(slot ->
                            slot.elements().evaluate(sizes) * slot.dtype().bytes())
                    .map(bytesOfSlot -> Math.ceilDiv(bytesOfSlot, MemoryPlan.ALIGNMENT) * MemoryPlan.ALIGNMENT)
                    .sum();
            most = Math.max(most, bytes);
        }
        return most;
    }

    @Test
    void parametersAreOverwrittenLast() {
        int inPlace = 0;
        int updates = 0;
        int joined = 0;
        for (long seed = 0; seed < 700; seed++) {
            List<Pass> passes = new ArrayList<>(Passes.optimisations());
            passes.add(Passes.named("join-regions"));
            Program program = Compiler.run(RandomUpdates.sample(seed).program(), passes, (pass, p) -> {});
            MemoryPlan plan = MemoryPlanner.plan(program);
            for (Map<String, Long> sizes : SIZES) {
                check(program, plan, sizes, seed);
            }
            joined += (int) program.operations().stream()
                    .filter(results -> results.size() > 1 && plan.late().contains(results.getFirst()))
                    .count();
            for (Update update : program.updates()) {
                updates++;
                boolean same = plan.slot(update.parameter()).equals(plan.slot(update.value()));
                inPlace += same && update.parameter() != update.value() ? 1 : 0;
            }
        }
        assertTrue(inPlace > updates / 4, "only " + inPlace + " of " + updates + " updates are in place");
        assertTrue(joined > 3, "only " + joined + " regions have several results");
    }

    private static MemoryPlan plan(String text) {
        return MemoryPlanner.plan(
                Compiler.run(Parser.parse("test.dtir", text), Passes.optimisations(), (pass, p) -> {}));
    }

    /** Momentum: the new velocity is read by the new weight, and both are written where the old ones are. */
    @Test
    void aChainOfUpdatesNeedsNoMemoryOfItsOwn() {
        MemoryPlan plan = plan("""
            func @step(%g: f32[4]) -> () {
              %v = param "v" : f32[4]
              %w = param "w" : f32[4]
              %0 = constant 0.9 : f32[]
              %1 = mul %v, %0 : f32[4]
              %2 = add %1, %g : f32[4]
              %3 = sub %w, %2 : f32[4]
              update "w" = %3
              update "v" = %2
              return
            }
            """);
        assertEquals(List.of(Optional.of("w"), Optional.of("v")), parameters(plan));
    }

    /** Rows are added to a sum where it is, and to a parameter in other memory. */
    @Test
    void sumsAtIdsNeedNoMemoryOfTheirOwn() {
        MemoryPlan plan = plan("""
            func @f(%x: f32[9,4], %ids: i64[S], %u: f32[S,4]) -> (y: f32[9,4], z: f32[9,4]) {
              %w = param "w" : f32[9,4]
              %0 = add %x, %w : f32[9,4]
              %1 = scatter_add %0, %ids, %u : f32[9,4]
              %2 = scatter_add %w, %ids, %u : f32[9,4]
              return y = %1, z = %2
            }
            """);
        assertEquals(List.of(Optional.of("w"), Optional.empty(), Optional.empty()), parameters(plan));
    }

    /** A value that is added to itself at other places is still read. */
    @Test
    void whatIsAddedAtIdsIsNotOverwritten() {
        MemoryPlan plan = plan("""
            func @f(%x: f32[B,4], %i: i64[B,4]) -> (y: f32[B,4]) {
              %0 = exp %x : f32[B,4]
              %1 = scatter_add_last %0, %i, %0 : f32[B,4]
              return y = %1
            }
            """);
        assertEquals(2, plan.slots().size());
    }

    /** The new value of a is only copied over the old one, which that of b needs. */
    @Test
    void whatIsStillReadIsNotOverwritten() {
        MemoryPlan plan = plan("""
            func @mix() -> () {
              %a = param "a" : f32[4]
              %b = param "b" : f32[4]
              %0 = add %a, %b : f32[4]
              %1 = sub %a, %b : f32[4]
              update "a" = %0
              update "b" = %1
              return
            }
            """);
        assertEquals(List.of(Optional.of("a"), Optional.of("b"), Optional.empty()), parameters(plan));
        assertEquals(2, plan.late().size());
    }

    /** An output is the old value, and dividing whole numbers may fail. */
    @Test
    void whatMayFailOrIsReturnedComesBeforeTheUpdates() {
        MemoryPlan plan = plan("""
            func @count(%x: i32[4]) -> (y: f32[4]) {
              %n = param "n" : i32[4]
              %w = param "w" : f32[4]
              %0 = div %n, %x : i32[4]
              %1 = neg %w : f32[4]
              update "n" = %0
              update "w" = %1
              return y = %1
            }
            """);
        assertEquals(List.of(), plan.late());
        assertEquals(4, plan.slots().size());
    }

    /** Returns the slot of each named value of a program of kernels, which is planned as it is. */
    private static List<Integer> slots(String text) {
        Program program = Parser.parse("test.dtir", text);
        MemoryPlan plan = MemoryPlanner.plan(program);
        return program.nodes().stream()
                .filter(node -> plan.slot(node).isPresent())
                .map(node -> plan.slot(node).getAsInt())
                .toList();
    }

    /** A region writes into an operand that it is the last to read; a view and its operand have one slot. */
    @Test
    void aRegionTakesOverAnOperandThatDiesWithIt() {
        assertEquals(List.of(0, 0, 0, 0), slots("""
            func @f(%x: f32[B,4]) -> (y: f32[4,B]) {
              %0 = elementwise %x {exp(a0)} : f32[B,4]
              %1 = elementwise %0 {neg(a0)} : f32[B,4]
              %2 = reshape %1 : f32[4,B]
              %3 = elementwise %2 {exp(a0)} : f32[4,B]
              return y = %3
            }
            """));
        // The second operand dies, and the first one is read once more.
        assertEquals(List.of(0, 1, 1, 0), slots("""
            func @f(%x: f32[B,4]) -> (y: f32[B,4], z: f32[B,4]) {
              %0 = elementwise %x {exp(a0)} : f32[B,4]
              %1 = elementwise %x {neg(a0)} : f32[B,4]
              %2 = elementwise %0, %1 {add(a0, a1)} : f32[B,4]
              %3 = elementwise %0 {neg(a0)} : f32[B,4]
              return y = %2, z = %3
            }
            """));
    }

    /** It has a slot of its own where the operand is returned, or has another shape. */
    @Test
    void aRegionLeavesWhatIsStillReadAsItIs() {
        assertEquals(List.of(0, 1), slots("""
            func @f(%x: f32[B,4]) -> (y: f32[B,4], z: f32[B,4]) {
              %0 = elementwise %x {exp(a0)} : f32[B,4]
              %1 = elementwise %0 {neg(a0)} : f32[B,4]
              return y = %1, z = %0
            }
            """));
        assertEquals(List.of(0, 1), slots("""
            func @f(%x: f32[1,4]) -> (y: f32[3,4]) {
              %0 = elementwise %x {exp(a0)} : f32[1,4]
              %1 = elementwise %0 {neg(a0)} : f32[3,4]
              return y = %1
            }
            """));
    }

    /** The input is operation 0; what is returned is needed for good. */
    @Test
    void aSlotIsNeededUntilItsLastReader() {
        Program program = Parser.parse("test.dtir", """
            func @f(%x: f32[1,4]) -> (y: f32[3,4], z: f32[2,4]) {
              %0 = elementwise %x {exp(a0)} : f32[1,4]
              %1 = elementwise %0 {neg(a0)} : f32[3,4]
              %2 = elementwise %0 {exp(a0)} : f32[2,4]
              return y = %1, z = %2
            }
            """);

        assertEquals(
                List.of("1 to 3", "2 to " + MemoryPlan.FOR_GOOD, "3 to " + MemoryPlan.FOR_GOOD),
                MemoryPlanner.plan(program).slots().stream()
                        .map(slot -> slot.first() + " to " + slot.last())
                        .toList());
    }

    @Test
    void layerNormOverwritesItsFirstOperandAlone() {
        assertEquals(List.of(0, 1, 0), slots("""
            func @f(%x: f32[B,4], %g: f32[4], %b: f32[4]) -> (y: f32[B,4]) {
              %0 = elementwise %x {exp(a0)} : f32[B,4]
              %1 = elementwise %x {neg(a0)} : f32[B,4]
              %2 = layer_norm %0, %1, %g, %b {residual, eps=1} : f32[B,4]
              return y = %2
            }
            """));
        assertEquals(List.of(0, 1, 2, 0), slots("""
            func @f(%x: f32[B,4], %g: f32[4], %b: f32[4]) -> (y: f32[B,4], z: f32[B,4]) {
              %0 = elementwise %x {exp(a0)} : f32[B,4]
              %1 = elementwise %x {neg(a0)} : f32[B,4]
              %2 = layer_norm %0, %1, %g, %b {residual, eps=1} : f32[B,4]
              %3 = elementwise %0 {neg(a0)} : f32[B,4]
              return y = %2, z = %3
            }
            """));
    }

    private static List<Optional<String>> parameters(MemoryPlan plan) {
        return plan.slots().stream().map(Slot::parameter).toList();
    }

    private static void check(Program program, MemoryPlan plan, Map<String, Long> sizes, long seed) {
        Layout layout = plan.layout(sizes);
        List<Node> order = program.nodes();
        Map<Node, Integer> born = new IdentityHashMap<>();
        Map<Node, Integer> dies = new IdentityHashMap<>();
        Set<Node> eachRun = program.eachRun();
        List<List<Node>> operations = new Plan(program, plan).operations();
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
        program.roots().forEach(root -> dies.put(root, operations.size()));
        List<Node> placed = order.stream().filter(n -> plan.slot(n).isPresent()).toList();
        for (Node node : order) {
            boolean needs = eachRun.contains(node) && !(node.op() instanceof TensorOp.Input);
            assertEquals(needs, plan.slot(node).isPresent(), "seed " + seed + ": " + node);
        }
        for (Node node : placed) {
            Optional<String> parameter =
                    plan.slots().get(plan.slot(node).getAsInt()).parameter();
            if (parameter.isPresent() && !(viewed(node).op() instanceof TensorOp.Param)) {
                boolean isNext =
                        program.updates().stream().anyMatch(u -> u.name().equals(parameter.get()) && u.value() == node);
                assertTrue(
                        isNext && plan.late().contains(node), "seed " + seed + ": " + node + " overwrites a parameter");
            }
        }
        // A view lives as long as its last reader, and keeps its operand's memory alive for as long.
        for (int i = order.size() - 1; i >= 0; i--) {
            Node node = order.get(i);
            if (MemoryPlan.isView(node)) {
                dies.merge(node.input(0), dies.get(node), Math::max);
            }
        }
        for (Node a : placed) {
            for (Node b : placed) {
                boolean laterWritten = a != b && born.get(b) >= born.get(a) && born.get(b) <= dies.get(a);
                if (laterWritten && overlap(a, b, plan, layout, sizes)) {
                    boolean inPlace = born.get(b).equals(dies.get(a)) && mayShare(b, a);
                    boolean view = MemoryPlan.isView(b) && plan.slot(a).equals(plan.slot(b));
                    assertTrue(inPlace || view, "seed " + seed + " at " + sizes + ": " + b + " overwrites " + a);
                }
            }
        }
    }

    /** An operand of the node's own type, or what such an operand is a view of. */
    private static boolean mayShare(Node node, Node value) {
        if (node.op() instanceof TensorOp.ScatterAdd || node.op() instanceof TensorOp.ScatterAddLast) {
            return viewed(node.input(0)) == viewed(value) && viewed(node.input(2)) != viewed(value);
        }
        boolean inPlace = node.op() instanceof KernelOp.Elementwise || node.op() instanceof KernelOp.LayerNorm;
        return inPlace
                && node.inputs().stream().anyMatch(x -> x.type().equals(node.type()) && viewed(x) == viewed(value));
    }

    private static Node viewed(Node node) {
        return MemoryPlan.isView(node) ? viewed(node.input(0)) : node;
    }

    private static boolean overlap(Node a, Node b, MemoryPlan plan, Layout layout, Map<String, Long> sizes) {
        int slotOfA = plan.slot(a).getAsInt();
        int slotOfB = plan.slot(b).getAsInt();
        boolean outside = plan.slots().get(slotOfA).parameter().isPresent()
                || plan.slots().get(slotOfB).parameter().isPresent();
        if (outside || a.type().dtype() != b.type().dtype()) {
            return slotOfA == slotOfB;
        }
        long startA = layout.offsets().get(slotOfA);
        long startB = layout.offsets().get(slotOfB);
        long endA = startA + a.shape().elements().evaluate(sizes);
        long endB = startB + b.shape().elements().evaluate(sizes);
        return startA < endB && startB < endA;
    }
}

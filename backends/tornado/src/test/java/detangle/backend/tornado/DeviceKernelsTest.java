package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.MemoryPlan;
import detangle.backend.Plan;
import detangle.backend.ShapeBinding;
import detangle.compiler.Compiler;
import detangle.compiler.MemoryPlanner;
import detangle.compiler.Passes;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.testing.RandomPrograms;
import detangle.testing.RandomPrograms.Sample;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Each row of the table can lower what it takes. The test needs no device. */
class DeviceKernelsTest {
    private static final int PROGRAMS = 150;

    @Test
    void everyNodeThatIsTakenIsLowered() {
        Set<String> taken = new TreeSet<>();
        Set<String> all = new TreeSet<>();
        for (long seed = 0; seed < PROGRAMS; seed++) {
            Sample sample = RandomPrograms.sample(seed);
            Program program =
                    Compiler.compile(sample.program(), Passes.optimisations()).program();
            Map<String, Long> sizes = ShapeBinding.bind(sample.program(), sample.inputs());
            Set<Node> eachRun = program.eachRun();
            for (Node node : program.nodes()) {
                if (eachRun.contains(node) && !(node.op() instanceof TensorOp.Input)) {
                    all.add(node.op().mnemonic());
                    if (DeviceKernels.of(node).isPresent()) {
                        taken.add(node.op().mnemonic());
                        lower(Alone.of(node, program), sizes);
                    }
                }
            }
        }
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(taken);
        assertEquals(Set.of(), rest, "operations that no row takes, so that the host runs them");
    }

    private static void lower(Program program, Map<String, Long> sizes) {
        Plan plan = new Plan(program, MemoryPlanner.plan(program));
        List<Launch> launches = Launcher.of(
                        plan, new Buffers(plan, List.of(sizes)), Optional.empty(), AttentionMethods.KERNEL)
                .launches();
        Node node = program.outputs().getFirst().node();
        boolean isView = MemoryPlan.isView(node) || node.op() instanceof TensorOp.StopGradient;
        assertTrue(isView || !launches.isEmpty(), () -> "nothing is launched for " + node);
        for (Launch launch : launches) {
            assertEquals(node.op().mnemonic(), launch.operation());
            assertTrue(launch.work().apply(sizes).sizes().length > 0, () -> node + " has no sizes");
        }
    }
}

package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.SeveralResults;
import detangle.testing.RandomPrograms;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No pass takes the results of one operation apart: they would be right, and each would be computed by itself. */
class SeveralResultsTest {
    @Test
    void passesKeepResultsTogether() {
        int together = 0;
        for (long seed = 0; seed < 300; seed++) {
            Program program = RandomPrograms.sample(seed).program();
            List<List<Node>> before = operations(program);
            List<List<Node>> after = operations(Compiler.run(program, Passes.optimisations(), (pass, p) -> {}));
            assertTrue(after.size() <= before.size(), "seed " + seed + ": " + before + " became " + after);
            together +=
                    (int) after.stream().filter(results -> results.size() > 1).count();
        }
        assertTrue(together >= 5, "operations with more than one result occur too rarely: " + together);
    }

    /** Regions are left out, as passes make them. */
    private static List<List<Node>> operations(Program program) {
        return program.operations().stream()
                .filter(results -> results.getFirst().op() instanceof SeveralResults
                        && !(results.getFirst().op() instanceof KernelOp.Elementwise))
                .toList();
    }
}

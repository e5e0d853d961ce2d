package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Executable;
import detangle.backend.Profile;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A program of more kernels than TornadoVM takes in one graph of tasks: two parts, or three with
 * {@code -Ddetangle.devices.all=true}, the second of which hands on what it does not use.
 */
class DeepProgramTest {
    private static final int DEPTH = Boolean.getBoolean("detangle.devices.all") ? 202 : 102;

    /** Turns x about, time and again: what is wanted is made early and late, and x is used at both ends. */
    private static String program() {
        StringBuilder text =
                new StringBuilder("func @f(%x: f32[S,2], %w: f32[2,2]) -> (early: f32[S,2], late: f32[S,2]) {\n");
        String last = "%x";
        for (int i = 0; i < DEPTH; i++) {
            text.append("  %").append(i).append(" = dot ").append(last).append(", %w : f32[S,2]\n");
            last = "%" + i;
        }
        text.append("  %").append(DEPTH).append(" = add ").append(last).append(", %x : f32[S,2]\n");
        return text + "  return early = %10, late = %" + DEPTH + "\n}";
    }

    @Test
    void runsInPartsThatHandArraysOn() {
        try (Executable executable =
                Devices.first().load(Compiler.compile(Parser.parse("test.dtir", program()), Passes.optimisations()))) {
            Tensor turn = Tensor.of(new float[] {0, 1, -1, 0}, 2, 2);
            for (int rows : new int[] {5, 3, 2}) {
                float[] x = new float[2 * rows];
                float[] early = new float[2 * rows];
                float[] late = new float[2 * rows];
                for (int i = 0; i < rows; i++) {
                    x[2 * i] = i + 1;
                    x[2 * i + 1] = 7;
                    // Eleven quarters of a turn; then two more than whole turns, and x added.
                    early[2 * i] = 7;
                    early[2 * i + 1] = -(i + 1);
                }
                Map<String, Tensor> inputs = Map.of("x", Tensor.of(x, rows, 2), "w", turn);
                Map<String, Tensor> outputs = executable.run(inputs);
                assertArrayEquals(early, outputs.get("early").toFloats());
                assertArrayEquals(late, outputs.get("late").toFloats());
                Profile profile = new Profile();
                assertArrayEquals(
                        late, executable.run(inputs, profile).get("late").toFloats());
                assertEquals(
                        DEPTH,
                        profile.entries().stream()
                                .filter(e -> e.operation().equals("dot")
                                        || e.operation().equals("linear"))
                                .mapToLong(Profile.Entry::calls)
                                .sum());
            }
        }
    }
}

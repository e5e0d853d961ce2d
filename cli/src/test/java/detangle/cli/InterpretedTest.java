package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the interpreter would run, for want of a kernel, is told before anything runs. */
class InterpretedTest {
    private static List<String> lines(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertEquals(0, Main.run(new PrintWriter(out), new PrintWriter(err), arguments), err.toString());
        return out.toString().lines().toList();
    }

    @Test
    void devicesTellWhatTheyHaveNoKernelForAndTheirPrecisions() {
        List<String> lines = lines("devices");
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("vector: ")) {
                assertTrue(lines.get(i + 1).startsWith("    interpreted: "), lines.toString());
                assertTrue(lines.get(i + 1).contains("toeplitz"), lines.toString());
                assertTrue(!lines.get(i + 1).contains("elementwise"), lines.toString());
                assertTrue(lines.get(i + 2).startsWith("    precisions: fp32"), lines.toString());
                assertTrue(
                        lines.get(i + 3).startsWith("    matrix unit: AMX, ")
                                || lines.get(i + 3).startsWith("    matrix unit: no AMX: "),
                        lines.toString());
            } else if (lines.get(i).startsWith("reference: ")) {
                assertEquals("    interpreted: all operations", lines.get(i + 1));
                assertEquals("    precisions: fp32", lines.get(i + 2));
            }
        }
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("vector: ")), lines.toString());
    }

    @Test
    void inspectTellsWhatOfAModelHasNoKernel() {
        String model = TinyModel.SHIPPED.toString();
        assertTrue(
                lines("inspect", model).contains("interpreted        nothing: vector has a kernel for each operation"));
        assertTrue(
                lines("inspect", model, "--backend", "reference")
                        .contains(
                                "interpreted        all operations: there is no kernel for them in reference, so they are slow"));
    }
}

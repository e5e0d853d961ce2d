package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A JVM whose options keep C2 from compiling the kernels gives the same answers slowly, and one line says why. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class JvmWithoutC2Test {
    @Test
    void oneLineSaysWhyItIsSlow(@TempDir Path folder) throws IOException {
        Result result = DetangleProcess.bash(
                folder,
                "DETANGLE_JAVA_OPTS=-XX:TieredStopAtLevel=1 '" + DetangleProcess.HOME
                        + "/detangle' classify 'Where is my card?'");

        assertEquals(0, result.status(), result.err());
        assertEquals("card_arrival (0.93)\n", result.out());
        assertEquals(
                "detangle: the CPU's kernels are slow on this JVM: its compiler C2 does not run; start java without"
                        + " -XX:TieredStopAtLevel=1\n",
                result.err());
    }
}

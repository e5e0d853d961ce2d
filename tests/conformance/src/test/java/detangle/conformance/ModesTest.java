package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * All fixtures at every vector width, with every shape of tiles, on one to four threads: these are fixed for a process,
 * so each mode has one of its own.
 */
class ModesTest {
    @ParameterizedTest
    @CsvSource({
        "128, 6f, 1, false",
        "128, 12, 4, false",
        "256, 6, 3, true",
        "256, 8, 2, false",
        "512, 12, 3, false",
        "512, 14, 4, true"
    })
    void matches(int bits, String tile, int threads, boolean interpreter) throws IOException, InterruptedException {
        SharedFiles.require("goldens"); // Skips here, not in the process.
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-Ddetangle.vector.bits=" + bits,
                "-Ddetangle.vector.tile=" + tile,
                "-Ddetangle.threads=" + threads,
                "-Ddetangle.home=" + DetangleProcess.HOME,
                "-cp",
                System.getProperty("java.class.path"),
                Modes.class.getName()));
        if (interpreter) {
            command.add("interpreter");
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.lines().anyMatch(line -> line.matches("compared [1-9]\\d+")), output);
    }
}

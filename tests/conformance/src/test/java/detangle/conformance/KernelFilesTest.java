package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dump-ir --kernels}: what is generated for the CPU. Devices' kernels are in {@link CudaCodeTest}. */
class KernelFilesTest {
    @TempDir
    private Path folder;

    @Test
    void eachKernelHasItsClassAndAListing() throws IOException {
        Path kernels = folder.resolve("kernels");

        Result result = DetangleProcess.java(
                Launch.MODULE_PATH,
                "dump-ir",
                Fixture.named("v3-tokcls").folder().toString(),
                "--kernels",
                kernels.toString());

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().startsWith("func @deberta("), result.out());
        List<Path> classes = endingWith(kernels, ".class");
        assertFalse(classes.isEmpty());
        assertTrue(result.err().contains("wrote " + classes.size() + " kernels to"), result.err());
        for (Path file : endingWith(kernels, ".javap")) {
            assertTrue(Files.readString(file).contains("public static void run("), file.toString());
        }
        assertEquals(classes.size(), endingWith(kernels, ".javap").size());
    }

    private static List<Path> endingWith(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        }
    }
}

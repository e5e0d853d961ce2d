package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The distribution, unpacked somewhere, on a JDK and on a runtime image of JDK modules. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "unpacked with unzip, or Java's jar without the modes of files")
class DistributionTest {
    private static final Path ZIP = Path.of(System.getProperty("detangle.distribution"));
    private static final String JDK = System.getProperty("java.home");

    @TempDir
    private Path folder;

    private Path unpacked() {
        Result unpacked = DetangleProcess.shell("cd " + folder + " && " + JDK + "/bin/jar --extract --file " + ZIP
                + " && mv detangle-* detangle && chmod +x detangle/bin/detangle detangle/bin/make-runtime");
        assertEquals(0, unpacked.status(), unpacked.err());
        return folder.resolve("detangle");
    }

    private static void classifies(Path home, String environment) {
        Result result = DetangleProcess.shell(
                environment + " " + home + "/bin/detangle classify 'Where is my card?' --format json");
        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().startsWith("[[{\"label\":\"card_arrival\""), result.out());
        assertEquals("", result.err());
    }

    @Test
    void classifiesWhereverItLies() {
        classifies(unpacked(), "JAVA_HOME=" + JDK);
    }

    @Test
    void runsOnAnImageOfTheModulesThatItNeeds() {
        Path home = unpacked();
        Result linked = DetangleProcess.shell(home + "/bin/make-runtime " + JDK);
        assertEquals(0, linked.status(), linked.err());
        assertTrue(Files.exists(home.resolve("runtime/bin/java")));
        classifies(home, "JAVA_HOME=/nowhere");
        // What reads Parquet and what serves HTTP take other modules of the JDK.
        Result parquet = DetangleProcess.shell(home + "/bin/detangle classify --column question --file "
                + DetangleProcess.HOME.resolve("cli/src/test/resources/parquet/questions-zstd.parquet"));
        assertEquals(0, parquet.status(), parquet.err());
        Result served = DetangleProcess.shell(home + "/bin/detangle serve --port 0 >" + folder + "/log 2>&1 & "
                + "server=$!; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; grep -q serving " + folder
                + "/log && break; done; "
                + "kill $server; cat " + folder + "/log");
        assertTrue(served.out().contains("serving at http://127.0.0.1:"), served.out());
    }
}

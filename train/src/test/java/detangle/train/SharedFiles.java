package detangle.train;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The folder of fixtures beside the repository; a test that needs it is skipped where it is absent. */
public final class SharedFiles {
    private SharedFiles() {}

    /** A file or folder of it. */
    public static Path require(String path) {
        Path found = Path.of(System.getProperty("detangle.home", ".."))
                .toAbsolutePath()
                .resolve("../shared")
                .resolve(path)
                .normalize();
        Assumptions.assumeTrue(Files.exists(found), () -> "skipped: ../shared/" + path + " is absent");
        return found;
    }
}

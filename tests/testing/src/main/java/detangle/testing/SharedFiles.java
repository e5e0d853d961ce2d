package detangle.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Finds the data for tests that is kept beside the repository and not in it. */
public final class SharedFiles {
    private SharedFiles() {}

    /**
     * Returns a file or folder of {@code ../shared}. The calling test is skipped with one line where it is absent.
     *
     * @param path the path below that folder, such as {@code goldens}
     */
    public static Path require(String path) {
        Path found = home().resolve("../shared").resolve(path).normalize();
        if (!Files.exists(found)) {
            String line = "skipped: ../shared/" + path + " is absent";
            System.out.println(line);
            Assumptions.abort(line);
        }
        return found;
    }

    /** Returns the root of the repository. */
    public static Path home() {
        return Path.of(System.getProperty("detangle.home", "..")).toAbsolutePath();
    }
}

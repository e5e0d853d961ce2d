package detangle.conformance;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/** Data for tests that is kept beside the repository and not in it. */
final class Shared {
    private Shared() {}

    /** A folder or file of that data; the test is skipped with one line where there is none. */
    static Path path(String name) {
        Path path = DetangleProcess.HOME.resolveSibling("shared").resolve(name);
        if (!Files.exists(path)) {
            String line = "skipped: ../shared/" + name + " is not there";
            System.out.println(line);
            abort(line);
        }
        return path;
    }
}

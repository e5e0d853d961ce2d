package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import detangle.testing.SharedFiles;
import java.nio.file.Path;
import java.util.Map;

/**
 * A folder of ../shared/cases: inputs from public reports that once failed. A test of a case runs the commands of its
 * cmd.sh and asserts what its expected.md says. It is skipped with one line where the folder is absent.
 */
record CaseFolder(String name) {
    static CaseFolder of(String name) {
        return new CaseFolder(name);
    }

    /**
     * The folder. It is looked for here, in a test, as what is absent while a class is initialised fails and does not
     * skip.
     */
    Path path() {
        return SharedFiles.require("cases/" + name);
    }

    /** Runs the command line in the folder, in a process of its own. */
    Result run(String... arguments) {
        return run(Map.of(), arguments);
    }

    /** As {@link #run(String...)}, with variables beside those of this process. */
    Result run(Map<String, String> environment, String... arguments) {
        return DetangleProcess.shortlyIn(path(), environment, arguments);
    }

    /** Runs a command that must succeed without a message, and returns what it prints. */
    String out(String... arguments) {
        Result result = run(arguments);
        assertEquals(0, result.status(), result.err());
        assertTrue(result.messages().isEmpty(), result.err());
        return result.out();
    }

    /** Runs a command that must fail with that status and one line that contains a text. */
    void fails(int status, String message, String... arguments) {
        Result result = run(arguments);
        assertEquals(status, result.status(), result.out() + result.err());
        assertEquals(1, result.messages().size(), result.err());
        assertTrue(result.messages().getFirst().contains(message), result.err());
    }
}

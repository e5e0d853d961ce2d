package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./build one TestName} finds the module of a test. The arguments for Maven are read without a build, which
 * would wait for this one.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class OneTestTest {
    @TempDir
    Path folder;

    private Result arguments(String test) throws IOException {
        return DetangleProcess.bash(
                folder, """
                . 'HOME/.mvn/one-test.sh'
                one_test 'HOME' TEST
                printf '%s ' "${one_test_arguments[@]}"
                """.replace("HOME", DetangleProcess.HOME.toString()).replace("TEST", test));
    }

    @Test
    void theModuleIsFound() throws IOException {
        assertEquals(
                "verify -pl backends/vector -am -Dtest=VectorExecutableTest#method -Dsurefire.failIfNoSpecifiedTests=false -q ",
                arguments("'VectorExecutableTest#method' -q").out());
        assertEquals(
                "-Ptornado verify -pl backends/tornado -am -Dtest=ProfileTest -Dsurefire.failIfNoSpecifiedTests=false ",
                arguments("ProfileTest").out());
    }

    @Test
    void whatCannotBeFoundIsSaid() throws IOException {
        Result absent = arguments("NoSuchTest");
        assertEquals(2, absent.status());
        assertEquals(
                List.of("build: there is no test NoSuchTest"),
                absent.err().lines().toList());
        assertEquals(2, arguments("").status());
    }
}

package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The command line starts in each way in which the jars can be put together. */
class LaunchTest {
    @ParameterizedTest
    @EnumSource
    void tellsItsVersion(Launch launch) {
        Result result = DetangleProcess.java(launch, "--version");

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().startsWith("detangle 0."), result.out());
        assertTrue(result.messages().isEmpty(), result.err());
    }

    @ParameterizedTest
    @EnumSource
    void refusesAnUnknownOptionAsWrongUse(Launch launch) {
        Result result = DetangleProcess.java(launch, "--no-such-option");

        assertEquals(2, result.status());
        assertEquals("", result.out());
        assertTrue(result.err().contains("--no-such-option"), result.err());
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
    void launcherAddsNoLineOfItsOwn() {
        Result result = DetangleProcess.script("--version");

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().startsWith("detangle 0."), result.out());
        assertEquals("", result.err());
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
    void launcherNeedsNoEnvironment(@TempDir Path folder) throws IOException {
        Result result = DetangleProcess.bash(folder, """
                printf 'text\n"Où est ma carte? 😀"\n' >'où.csv'
                env -i JAVA_HOME='JDK' HOME/detangle classify 'Où est ma carte? 😀'
                env -i JAVA_HOME='JDK' LC_ALL=de_DE.ISO-8859-1 HOME/detangle classify --file 'où.csv' 2>/dev/null
                """.replace("JDK", System.getProperty("java.home"))
                .replace("HOME/", DetangleProcess.HOME + "/"));

        assertEquals(0, result.status(), result.err());
        assertEquals("visa_or_mastercard (0.87)\n".repeat(2), result.out());
        assertEquals("", result.err());
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
    void streamsThatAreClosedAreNoFilesOfTheJvm(@TempDir Path folder) throws IOException {
        Result result = DetangleProcess.bash(folder, """
                HOME/detangle classify --file - <&- >out
                echo "input $?"
                HOME/detangle --version >&-
                echo "output $?"
                HOME/detangle --version 2>&- >version
                echo "error $?"
                HOME/detangle classify --file - <&- >&- 2>&-
                echo "all $?"
                """.replace("HOME/", DetangleProcess.HOME + "/"));

        assertEquals(
                List.of("input 1", "output 1", "error 0", "all 1"),
                result.out().lines().toList(),
                result.err());
        assertEquals(2, result.err().lines().count(), result.err());
        assertTrue(result.err().contains("detangle: standard input cannot be read: "), result.err());
        assertTrue(result.err().contains("detangle: standard output cannot be written: "), result.err());
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere the bytes of the command line cannot be had")
    void textThatTheLocaleCannotReadIsRefused(@TempDir Path folder) throws IOException {
        Result result = DetangleProcess.bash(folder, """
                LC_ALL=C 'JDK/bin/java' --module-path 'LIB' -m detangle.cli/detangle.cli.Main classify 'Où est ma carte? 😀'
                """.replace("JDK", System.getProperty("java.home"))
                .replace("LIB", System.getProperty("detangle.lib")));

        assertEquals(2, result.status(), result.err());
        assertEquals(1, result.messages().size(), result.err());
        assertTrue(result.messages().getFirst().contains("argument 2 is not text in US-ASCII"), result.err());
    }
}

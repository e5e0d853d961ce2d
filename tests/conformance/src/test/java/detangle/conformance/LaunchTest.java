package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
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
}

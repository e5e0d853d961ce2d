package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaReleaseTest {
    @ParameterizedTest
    @CsvSource({"25, true", "25.0.2+7-LTS, true", "25.0.3+9-LTS, false", "25.0.4, false", "26, false", "24.0.1, false"})
    void releasesBeforeTheFixAreWarnedOf(String version, boolean warned) {
        assertEquals(warned, JavaRelease.warning(Runtime.Version.parse(version)).isPresent());
    }
}

package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What somebody sees at a terminal, which util-linux's script stands for. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "script has other options elsewhere")
class TerminalTest {
    private static final int ROWS = 300;

    @TempDir
    private Path folder;

    /** The lines that are left on the terminal, where each carriage return has begun its line anew. */
    private List<String> seen(String options) throws IOException {
        Result result = DetangleProcess.bash(folder, """
                command -v script >/dev/null || exit 99
                export JAVA_HOME='JDK'
                (echo text; for i in $(seq ROWS); do echo "Where is my card number $i?"; done) >rows.csv
                script -qec 'HOME/detangle classify --file rows.csv OPTIONS' /dev/null </dev/null
                """.replace("JDK", System.getProperty("java.home"))
                .replace("ROWS", Integer.toString(ROWS))
                .replace("HOME", DetangleProcess.HOME.toString())
                .replace("OPTIONS", options));
        assumeTrue(result.status() != 99, "skipped: script is not installed");
        assertEquals(0, result.status(), result.out());
        List<String> lines = new ArrayList<>();
        for (String line : result.out().split("\n")) {
            StringBuilder seen = new StringBuilder();
            for (String part : line.split("\r")) {
                seen.replace(0, Math.min(part.length(), seen.length()), part);
            }
            lines.add(seen.toString().stripTrailing());
        }
        assertFalse(result.out().contains("WARNING") || result.out().contains("SLF4J"), result.out());
        return lines;
    }

    @Test
    void aFileShowsOneBarWithTotalRateAndTimeLeft() throws IOException {
        List<String> lines = seen("-o answers.csv");

        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.getFirst().startsWith("classify 100%"), lines.toString());
        assertTrue(lines.getFirst().matches(".*300/300 \\(0:00:\\d\\d / 0:00:00\\) .*/s"), lines.toString());
    }

    @Test
    void theBarStaysBelowWhatIsPrinted() throws IOException {
        List<String> lines = seen("");

        assertEquals(ROWS + 1, lines.size(), lines.toString());
        lines.subList(0, ROWS).forEach(line -> assertTrue(line.matches("\\w+\\?? \\([\\d.]+\\)"), line));
        assertTrue(lines.getLast().startsWith("classify 100%"), lines.toString());
    }
}

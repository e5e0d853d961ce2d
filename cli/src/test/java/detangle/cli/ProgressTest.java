package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final StringWriter terminal = new StringWriter();

    /** The bar has a thread of its own. */
    private void drawn() throws InterruptedException {
        for (int i = 0; i < 500 && terminal.toString().isEmpty(); i++) {
            Thread.sleep(10);
        }
    }

    @Test
    void tellsHowMuchIsDoneAndHowFast() throws InterruptedException {
        try (Progress progress =
                new ProgressBarOnTerminal(new PrintWriter(terminal), "classify", "", OptionalLong.of(400))) {
            drawn();
            progress.at(100);
            progress.aside(() -> {});
        }

        assertTrue(terminal.toString().contains("25%"), terminal.toString());
        assertTrue(terminal.toString().contains("100/400"), terminal.toString());
        assertTrue(terminal.toString().contains("/s"), terminal.toString());
        assertTrue(terminal.toString().endsWith("\n"), terminal.toString());
        assertEquals(1, terminal.toString().chars().filter(c -> c == '\n').count());
    }

    @Test
    void givesWayToWhatIsPrinted() throws InterruptedException {
        PrintWriter out = new PrintWriter(terminal);
        try (Progress progress = new ProgressBarOnTerminal(out, "classify", "", OptionalLong.empty())) {
            drawn();
            progress.at(3);
            progress.aside(() -> out.println("card_arrival (0.98)"));
        }

        // What stood before it on the same line is drawn over.
        assertTrue(terminal.toString().matches("(?s).*\\r +\\rcard_arrival \\(0.98\\)\\n.*"), terminal.toString());
    }
}

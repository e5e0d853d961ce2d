package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Names of models and folders, which are anybody's, in each format of a report. */
class ReportNamesTest {
    private static final String NAME = "<!--<script>alert(1)</script>|\"a\",@DATA@\n\u001b[2J";

    private record One(String model) {}

    /** A report whose only result is the name. */
    private record Names(Host host, List<One> results) implements Report {
        @Override
        public List<List<String>> table() {
            return List.of(List.of("model", "ms"), List.of(NAME, "1"));
        }

        @Override
        public int words() {
            return 1;
        }
    }

    private static final Report REPORT = new Names(
            new Host("cpu @TABLE@", 1, "1 GiB", "os", "25", "0", "now", new TreeMap<>()), List.of(new One(NAME)));

    @Test
    void aPageRunsNothingThatANameHolds() {
        String page = ReportFormat.html.write(REPORT);
        assertFalse(page.contains("<script>alert"), page);
        assertFalse(page.contains("<!--"), "begins a comment");
        assertTrue(
                page.contains("<td class=\"word\">&lt;!--&lt;script&gt;alert(1)&lt;/script&gt;|&quot;a&quot;,@DATA@"));
        assertTrue(page.contains("cpu @TABLE@"), "what is put in is not looked at again");
        assertEquals(2, page.split("</script>", -1).length - 1);
    }

    @Test
    void linesOfTablesStayLines() {
        assertEquals(
                4,
                ReportFormat.markdown
                        .write(REPORT)
                        .lines()
                        .filter(l -> !l.isBlank())
                        .count());
        assertTrue(ReportFormat.markdown.write(REPORT).contains("\\|\"a\""));
        assertEquals(3, ReportFormat.text.write(REPORT).lines().count());
        assertTrue(ReportFormat.text.write(REPORT).startsWith("cpu @TABLE@, 1 processor, 1 GiB, "));
        assertTrue(ReportFormat.csv
                .write(REPORT)
                .startsWith("model,ms\n\"<!--<script>alert(1)</script>|\"\"a\"\",@DATA@\n\u001b[2J\",1\n"));
    }
}

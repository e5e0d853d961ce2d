package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports that were written as JSON are joined by what was run. */
class JoinedReportsTest {
    @TempDir
    private Path folder;

    @Test
    void reportsOfTwoMachinesAreJoinedWithRatios() throws IOException {
        Path slow = write("zen4", speed("EPYC", line(1, 16, 20, true, Map.of()), line(1, 128, 160, true, Map.of())));
        Path fast = write("zen5", speed("Ryzen", line(1, 128, 80, false, Map.of()), line(1, 16, 5, true, Map.of())));

        ComparisonReport report = JoinedReports.of(List.of(slow, fast));

        assertEquals(
                List.of(
                        List.of("model", "work", "unit", "zen4: vector, 2 threads", "zen5: vector, 2 threads", "ratio"),
                        List.of("base", "(1, 16)", "ms", "20.0", "5.0", "0.25"),
                        List.of("base", "(1, 128)", "ms", "160.0", "80.0 *", "0.50")),
                report.table());
        assertEquals(
                "zen5: vector, 2 threads is faster than zen4: vector, 2 threads: it takes 0.35 times as long, the geometric"
                        + " mean of 2 measurements from 0.25 to 0.50.",
                report.summary().getFirst());
        assertEquals(
                "Other work disturbed 1 measurement, which has a star: measure again before you rely on it.",
                report.summary().get(1));
        assertTrue(
                report.summary().get(2).startsWith("zen4: EPYC, 2 processors"),
                report.summary().get(2));
    }

    @Test
    void peersAndWhatOnlyOneReportHasStayVisible() throws IOException {
        ReportLine.Peer peer =
                new ReportLine.Peer("model.onnx", 40, 0.5, Optional.empty(), Optional.empty(), Optional.empty());
        Path first = write("a", speed("EPYC", line(1, 16, 20, true, Map.of("onnxruntime", peer))));
        Path second = write("b", speed("EPYC", line(8, 128, 900, true, Map.of())));

        ComparisonReport report = JoinedReports.of(List.of(first, second));

        assertEquals(
                List.of("base", "(1, 16)", "ms", "20.0", "40.0", "2.00", "", ""),
                report.table().get(1));
        assertEquals(
                List.of("base", "(8, 128)", "ms", "", "", "", "900.0", ""),
                report.table().get(2));
        assertEquals(
                "a: onnxruntime, 2 threads is slower than a: vector, 2 threads: it takes 2.00 times as long in the one"
                        + " measurement that both have.",
                report.summary().get(0));
        assertEquals(
                "b: vector, 2 threads has no measurement in common with a: vector, 2 threads.",
                report.summary().get(1));
    }

    /** Both have two sequences, and the same longest one. */
    @Test
    void batchesOfOtherLengthsAreNotCompared() throws IOException {
        Path a = write("a", speed("EPYC", line(2, 128, Optional.of("16,128"), 20, true, Map.of())));
        Path b = write("b", speed("EPYC", line(2, 128, Optional.of("120,128"), 30, true, Map.of())));

        ComparisonReport report = JoinedReports.of(List.of(a, b));

        assertEquals(
                List.of("base", "(2, mix of 128)", "ms", "20.0", "", ""),
                report.table().get(1));
        assertEquals(
                List.of("base", "(2, mix of 128)", "ms", "", "30.0", ""),
                report.table().get(2));
    }

    @Test
    void trafficAndConditionsHaveTheirOwnUnit() throws IOException {
        TrafficReport.Served served = new TrafficReport.Served(0.5, 10, 20, 30, 2000, Optional.empty(), List.of());
        TrafficReport.Line requests = new TrafficReport.Line(
                "base", "encoder", "vector", "uniform:8-256", 200, 1, 8, 2, 1, true, served, Map.of());
        ConditionsReport.Line condition = new ConditionsReport.Line(
                "base",
                "quiet",
                "six requests",
                "vector",
                2,
                0,
                "ms/token",
                ConditionsReport.Figure.of(0.25),
                Optional.empty(),
                Map.of());
        Path traffic = write("traffic", new TrafficReport(host("EPYC"), List.of(requests)));
        Path conditions = write("suite", new ConditionsReport(host("EPYC"), List.of(condition)));

        ComparisonReport report = JoinedReports.of(List.of(traffic, conditions));

        assertEquals(
                List.of(
                        "base",
                        "200 requests of uniform:8-256, up to 8 together, beside 1 busy",
                        "ms/token",
                        "0.500",
                        "",
                        ""),
                report.table().get(1));
        assertEquals(
                List.of("base", "six requests", "ms/token", "", "0.250", ""),
                report.table().get(2));
    }

    @Test
    void thePageHasTheResultAndTheMarkdownTheTable() throws IOException {
        Path a = write("a", speed("EPYC", line(1, 16, 20, true, Map.of())));
        Path b = write("b", speed("<script>", line(1, 16, 10, true, Map.of())));

        ComparisonReport report = JoinedReports.of(List.of(a, b));
        String page = ReportFormat.html.write(report);

        assertTrue(
                page.contains("<p>b: vector, 2 threads is faster than a: vector, 2 threads: it takes 0.50"),
                page.substring(0, 3000));
        assertFalse(page.contains("b: <script>"));
        assertTrue(ReportFormat.markdown.write(report).contains("| base | (1, 16) | ms | 20.0 | 10.0 | 0.50 |"));
        assertTrue(ReportFormat.json.write(report).contains("\"sides\""));
    }

    @Test
    void aFileThatIsNotSuchAReportIsRefusedByItsName() throws IOException {
        Path good = write("good", speed("EPYC", line(1, 16, 20, true, Map.of())));
        for (String text : List.of(
                "",
                "{",
                "[1]",
                "{\"results\":[]}",
                "{\"results\":[{\"gflops\":1}]}",
                "{\"host\":null,\"results\":[{\"gflops\":[]}]}")) {
            Path bad = Files.writeString(folder.resolve("bad.json"), text);

            BenchException e = assertThrows(BenchException.class, () -> JoinedReports.of(List.of(good, bad)), text);

            assertTrue(e.getMessage().startsWith(bad + " is not a report with times of models"), e.getMessage());
        }
        Path none = folder.resolve("none.json");
        assertTrue(assertThrows(BenchException.class, () -> JoinedReports.of(List.of(good, none)))
                .getMessage()
                .startsWith(none + " cannot be read"));
    }

    private Path write(String name, Report report) throws IOException {
        return Files.writeString(folder.resolve(name + ".json"), ReportFormat.json.write(report));
    }

    private static SpeedReport speed(String cpu, ReportLine... lines) {
        return new SpeedReport(host(cpu), List.of(lines));
    }

    private static Host host(String cpu) {
        return new Host(
                cpu,
                2,
                "8 GiB",
                "Linux",
                "25",
                "0.1.0",
                "2026-01-01T00:00:00Z",
                new TreeMap<>(Map.of("vector", "Detangle 0.1.0")));
    }

    private static ReportLine line(
            int batch, int length, double ms, boolean clean, Map<String, ReportLine.Peer> peers) {
        return line(batch, length, Optional.empty(), ms, clean, peers);
    }

    private static ReportLine line(
            int batch, int length, Optional<String> mix, double ms, boolean clean, Map<String, ReportLine.Peer> peers) {
        return new ReportLine(
                "base",
                "encoder",
                "vector",
                Optional.of("fp32"),
                batch,
                length,
                mix,
                2,
                0,
                20,
                ms,
                ms,
                ms,
                batch * length / ms * 1e3,
                1,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                clean,
                Optional.empty(),
                Optional.empty(),
                peers);
    }
}

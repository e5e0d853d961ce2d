package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The lines of the suite of traffic say what was measured, and which ratio is the goal. */
class TrafficSuiteTest {
    private static TrafficReport.Served served(double msPerToken) {
        return new TrafficReport.Served(
                msPerToken, 1, 2, 3, 1e3 / msPerToken, Optional.empty(), List.of(new TrafficReport.AtLength(8, 4)));
    }

    private static TrafficReport.Line requests(int count, int most, int busy, double own, double peer) {
        return new TrafficReport.Line(
                "deberta-v3-base",
                "encoder",
                "vector",
                "8 to 256",
                count,
                42,
                most,
                2,
                busy,
                true,
                served(own),
                Map.of("onnxruntime", new TrafficReport.Peer("own export", own / peer, served(peer))));
    }

    private static ConditionsReport.Peer peer(ConditionsReport.Line line) {
        return line.peers().get("onnxruntime");
    }

    @Test
    void busyNeighboursMayCostATwentieth() {
        TrafficReport.Line quiet = requests(6, 1, 0, 0.7, 1);
        assertEquals(
                Optional.empty(),
                peer(TrafficSuite.requests("quiet", quiet, Map.of())).atMost());
        ConditionsReport.Line busy = TrafficSuite.requests("busy", requests(6, 1, 1, 1.6, 2), quiet.peers());
        assertEquals(0.8, peer(busy).ratio());
        assertEquals(Optional.of(0.75), peer(busy).atMost());
        assertEquals("6 requests of 8 to 256 tokens, again and again", busy.work());
        assertEquals(Optional.of(3.0), busy.own().p99Ms());
    }

    @Test
    void workIsToldInWords() {
        assertEquals(
                "200 requests of 8 to 256 tokens, up to 8 together",
                TrafficSuite.requests("traffic", requests(200, 8, 0, 1, 1), Map.of())
                        .work());
        assertEquals(
                "200 requests of 8 to 256 tokens, one by one",
                TrafficSuite.requests("traffic", requests(200, 1, 0, 1, 1), Map.of())
                        .work());
    }

    @Test
    void firstAnswersAreComparedWithEachPeer() {
        Host host = new Host("cpu", 2, "1 GiB", "os", "25", "0", "now", new TreeMap<>());
        ColdReport cold = new ColdReport(
                host,
                List.of(
                        new ColdReport.Start("base", "vector", false, "ids", 16, 2, 0, 10, 1500, 1400),
                        new ColdReport.Start("base", "vector", true, "ids", 16, 2, 0, 10, 1200, 1100),
                        new ColdReport.Start("base", "onnxruntime", false, "ids", 16, 2, 0, 10, 1000, 900),
                        new ColdReport.Start(
                                "base", "onnxruntime huggingface", false, "ids", 16, 2, 0, 10, 2000, 900)));
        List<ConditionsReport.Line> lines = TrafficSuite.cold(cold, List.of("vector"));
        assertEquals(2, lines.size());
        assertEquals(
                "start to first answer, archive of classes", lines.getLast().work());
        assertEquals(1.2, peer(lines.getLast()).ratio());
        assertEquals(1.5, peer(lines.getFirst()).ratio());
        assertEquals(
                0.75, lines.getFirst().peers().get("onnxruntime huggingface").ratio());
        assertEquals(Optional.of(1.0), peer(lines.getFirst()).atMost());
        List<List<String>> table = new ConditionsReport(host, lines).table();
        assertTrue(table.stream().allMatch(row -> row.size() == table.getFirst().size()), table.toString());
    }
}

package detangle.bench;

import detangle.bench.ConditionsReport.Figure;
import detangle.bench.ConditionsReport.Line;
import detangle.bench.ConditionsReport.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Measures what users meet, with models of four sizes: one shape again and again on a quiet machine, requests whose
 * lengths vary, processes that compute beside, and the first answer of a process.
 */
final class TrafficSuite {
    private static final String HEAD = "encoder";
    private static final List<String> CONFIGS =
            List.of("deberta-v3-xsmall", "deberta-v3-small", "deberta-v3-base", "deberta-base");
    private static final List<Workload> SHAPES =
            List.of(Workload.of(1, 16), Workload.of(1, 128), Workload.of(1, 512), Workload.of(8, 128));
    private static final LengthDistribution LENGTHS = new LengthDistribution.Uniform(8, 256);
    private static final Traffic SIX_REQUESTS = new Traffic(LENGTHS, 6, 1, 42);
    private static final Traffic MANY_REQUESTS = new Traffic(LENGTHS, 200, 8, 42);

    /** The largest ratio of times that meets the goal, for a query and for a paragraph alone. */
    private static final double QUIET_GOAL = 0.85;

    /** The largest increase of the ratio by busy neighbours that meets the goal. */
    private static final double BUSY_TOLERANCE = 0.05;

    private static final double COLD_GOAL = 1;

    private final SuiteParts parts;
    private final Consumer<String> progress;
    private final List<Line> lines = new ArrayList<>();

    private TrafficSuite(SuiteParts parts, Consumer<String> progress) {
        this.parts = parts;
        this.progress = progress;
    }

    /** Measures what the folder does not have. */
    static ConditionsReport run(BenchOptions options, Path folder, Consumer<String> progress) {
        TrafficSuite suite = new TrafficSuite(SuiteParts.open(options, folder, progress), progress);
        for (String config : CONFIGS) {
            suite.measure(config);
            suite.parts.done(config, HEAD);
        }
        return new ConditionsReport(Host.of(suite.parts.versions()), suite.lines);
    }

    private void measure(String config) {
        parts.part(
                        config,
                        HEAD,
                        "quiet, shapes",
                        SpeedReport.class,
                        (o, scratch) -> Benchmark.run(o.withConditions(SHAPES, o.threads(), 0), scratch, progress))
                .results()
                .forEach(r -> lines.add(shape(r)));
        List<TrafficReport.Line> quiet = requests(config, "quiet", SIX_REQUESTS, 0);
        quiet.forEach(r -> lines.add(requests("quiet", r, Map.of())));
        requests(config, "traffic", MANY_REQUESTS, 0).forEach(r -> lines.add(requests("traffic", r, Map.of())));
        // One in all, and one for each processor.
        for (int busy : new TreeSet<>(List.of(1, Runtime.getRuntime().availableProcessors()))) {
            List<TrafficReport.Line> beside = requests(config, "busy " + busy, SIX_REQUESTS, busy);
            for (int i = 0; i < beside.size(); i++) {
                lines.add(requests("busy", beside.get(i), quiet.get(i).peers()));
            }
        }
        ColdReport cold = parts.part(
                config,
                HEAD,
                "cold",
                ColdReport.class,
                (o, scratch) -> ColdStart.run(o, ColdStart.PROCESSES, scratch, progress));
        lines.addAll(cold(cold, parts.options().backends()));
    }

    private List<TrafficReport.Line> requests(String config, String condition, Traffic traffic, int busy) {
        return parts.part(
                        config,
                        HEAD,
                        condition,
                        TrafficReport.class,
                        (o, scratch) -> TrafficBenchmark.run(
                                o.withConditions(List.of(), o.threads(), busy), traffic, scratch, progress))
                .results();
    }

    private static Line shape(ReportLine r) {
        Figure own = Figure.of(r.p50Ms());
        boolean hasGoal = r.batch() == 1 && r.seq() <= 128;
        Map<String, Peer> peers = new TreeMap<>();
        r.peers().forEach((name, p) -> {
            Peer peer = Peer.of(p.model(), own, Figure.of(p.p50Ms()));
            peers.put(name, hasGoal ? peer.atMost(QUIET_GOAL) : peer);
        });
        String work = "(" + r.batch() + ", " + r.seq() + ")";
        return new Line(
                r.model(), "quiet", work, r.backend(), r.threads(), r.busy(), "ms", own, Optional.of(r.clean()), peers);
    }

    /** @param quiet what peers did without busy neighbours, where there are some now */
    static Line requests(String condition, TrafficReport.Line r, Map<String, TrafficReport.Peer> quiet) {
        Figure own = Figure.of(r.own());
        Map<String, Peer> peers = new TreeMap<>();
        r.peers().forEach((name, p) -> {
            Peer peer = Peer.of(p.model(), own, Figure.of(p.served()));
            peers.put(
                    name, quiet.containsKey(name) ? peer.atMost(quiet.get(name).ratio() + BUSY_TOLERANCE) : peer);
        });
        String work = r.requests() + " requests of " + r.lengths() + " tokens, "
                + (r.maxBatch() > 1
                        ? "up to " + r.maxBatch() + " together"
                        : r.requests() == SIX_REQUESTS.requests() ? "again and again" : "one by one");
        return new Line(
                r.model(),
                condition,
                work,
                r.backend(),
                r.threads(),
                r.busy(),
                "ms/token",
                own,
                Optional.of(r.clean()),
                peers);
    }

    /** @param backends what of the report is Detangle */
    static List<Line> cold(ColdReport report, List<String> backends) {
        List<Line> lines = new ArrayList<>();
        for (ColdReport.Start start : report.results()) {
            if (!backends.contains(start.runsIn())) {
                continue;
            }
            Figure own = Figure.of(start.medianMs());
            Map<String, Peer> peers = new TreeMap<>();
            report.results().stream()
                    .filter(r -> !backends.contains(r.runsIn()))
                    .forEach(r -> peers.put(
                            r.runsIn(),
                            Peer.of(r.runsIn(), own, Figure.of(r.medianMs())).atMost(COLD_GOAL)));
            lines.add(new Line(
                    start.model(),
                    "cold",
                    start.archive() ? "start to first answer, archive of classes" : "start to first answer",
                    start.runsIn(),
                    start.threads(),
                    start.busy(),
                    "ms",
                    own,
                    Optional.empty(),
                    peers));
        }
        return lines;
    }
}

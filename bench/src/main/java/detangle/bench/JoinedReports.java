package detangle.bench;

import detangle.bench.ComparisonReport.Line;
import detangle.bench.ComparisonReport.Side;
import detangle.bench.ComparisonReport.Value;
import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Joins reports that bench wrote as JSON, on one machine or on several, into one report. */
public final class JoinedReports {
    /** Far above the report of a suite, which has some 100 kilobytes. */
    private static final long MAX_REPORT_BYTES = 64 << 20;

    private final List<Side> sides = new ArrayList<>();

    /** For each work of a model its values by side. */
    private final SequencedMap<Work, Map<Side, Value>> values = new LinkedHashMap<>();

    /** @param mix the lengths of sequences that differ, of which the text has the longest alone; else empty */
    private record Work(String model, String text, String unit, Optional<String> mix) {
        Work(String model, String text, String unit) {
            this(model, text, unit, Optional.empty());
        }
    }

    private JoinedReports() {}

    /**
     * Joins reports. What a report holds several times, as two processes of one suite would, counts as measured last.
     *
     * @param files two or more; the first runtime of the first one is what the others are compared with
     * @throws BenchException if a file cannot be read, or is not a report with times of models
     */
    public static ComparisonReport of(List<Path> files) {
        JoinedReports joined = new JoinedReports();
        Map<String, Integer> names = new HashMap<>();
        for (Path file : files) {
            String name = file.getFileName().toString().replaceFirst("\\.json$", "");
            int count = names.merge(name, 1, Integer::sum);
            joined.add(file, count == 1 ? name : name + " (" + count + ")");
        }
        return joined.report();
    }

    private void add(Path file, String name) {
        try {
            if (Files.size(file) > MAX_REPORT_BYTES) {
                throw new BenchException(file + " has more than " + MAX_REPORT_BYTES
                        + " bytes, which no report has: name a file that bench wrote with --format json");
            }
            String json = Files.readString(file);
            JsonNode first = JsonMapper.shared().readTree(json).path("results").path(0);
            // Each kind of report has a field that no other kind has.
            if (first.has("gflops")) {
                SpeedReport report = ReportFormat.read(json, SpeedReport.class);
                check(file, report);
                report.results().forEach(line -> addSpeed(name, report.host(), line));
            } else if (first.has("max_batch")) {
                TrafficReport report = ReportFormat.read(json, TrafficReport.class);
                check(file, report);
                report.results().forEach(line -> addTraffic(name, report.host(), line));
            } else if (first.has("condition")) {
                ConditionsReport report = ReportFormat.read(json, ConditionsReport.class);
                check(file, report);
                report.results().forEach(line -> addCondition(name, report.host(), line));
            } else {
                throw notAReport(file, null);
            }
        } catch (JacksonException e) {
            throw notAReport(file, e);
        } catch (IOException e) {
            throw new BenchException(file + " cannot be read: " + WholeFiles.reason(e), e);
        }
    }

    private static void check(Path file, Report report) {
        if (report.host() == null) {
            throw notAReport(file, null);
        }
    }

    private static BenchException notAReport(Path file, JacksonException cause) {
        return new BenchException(
                file + " is not a report with times of models: name a file that bench MODEL, bench --traffic or"
                        + " bench --suite wrote with --format json",
                cause);
    }

    private void addSpeed(String report, Host host, ReportLine line) {
        String shape = "(" + line.batch() + ", "
                + line.mix().map(m -> "mix of " + line.seq()).orElse("" + line.seq()) + ")";
        String work = work(shape, line.head(), line.busy());
        String precision = line.precision()
                .filter(p -> !p.equals("fp32"))
                .map(p -> " in " + p)
                .orElse("");
        String weights =
                precision + line.weightType().map(t -> ", " + t + " weights").orElse("");
        String outputs = line.noDataTransfers().orElse(false) ? ", outputs on the device" : "";
        double tokens = line.tokensPerS() * line.p50Ms();
        BiConsumer<String, Double> add = (runtime, ms) -> put(
                new Side(report, runtime + threads(line.threads()), host),
                new Work(line.model(), work, "ms", line.mix()),
                new Value(ms, Optional.of(Cells.rounded(tokens / ms)), line.clean()));
        BiConsumer<String, Optional<Double>> addOneByOne = (runtime, ms) -> ms.ifPresent(time -> put(
                new Side(report, runtime + threads(line.threads()), host),
                new Work(line.model(), work + ", one by one", "ms", line.mix()),
                new Value(time, Optional.of(Cells.rounded(tokens / time)), line.clean())));
        add.accept(line.backend() + weights + outputs, line.p50Ms());
        addOneByOne.accept(line.backend() + weights + outputs, line.oneByOneP50Ms());
        line.peers().forEach((peer, p) -> {
            add.accept(peer, p.p50Ms());
            addOneByOne.accept(peer, p.oneByOneP50Ms());
        });
    }

    private void addTraffic(String report, Host host, TrafficReport.Line line) {
        String answered = line.maxBatch() == 1 ? "one by one" : "up to " + line.maxBatch() + " together";
        Work work = new Work(
                line.model(),
                work(line.requests() + " requests of " + line.lengths() + ", " + answered, line.head(), line.busy()),
                "ms/token");
        BiConsumer<String, TrafficReport.Served> add = (runtime, served) -> put(
                new Side(report, runtime + threads(line.threads()), host),
                work,
                new Value(served.msPerToken(), Optional.of(served.tokensPerS()), line.clean()));
        add.accept(line.backend(), line.own());
        line.peers().forEach((peer, p) -> add.accept(peer, p.served()));
    }

    private void addCondition(String report, Host host, ConditionsReport.Line line) {
        Work work = new Work(line.model(), work(line.work(), "encoder", line.busy()), line.unit());
        BiConsumer<String, ConditionsReport.Figure> add = (runtime, figure) -> put(
                new Side(report, runtime + threads(line.threads()), host),
                work,
                new Value(
                        figure.value(),
                        line.unit().equals("ms/token")
                                ? Optional.of(Cells.rounded(1e3 / figure.value()))
                                : Optional.empty(),
                        line.clean().orElse(true)));
        add.accept(line.backend(), line.own());
        line.peers().forEach((peer, p) -> add.accept(peer, p.served()));
    }

    private static String work(String text, String head, int busy) {
        return text + (head.equals("encoder") ? "" : ", " + head) + (busy == 0 ? "" : ", beside " + busy + " busy");
    }

    private static String threads(int threads) {
        return ", " + threads + (threads == 1 ? " thread" : " threads");
    }

    private void put(Side side, Work work, Value value) {
        if (!sides.contains(side)) {
            sides.add(side);
        }
        values.computeIfAbsent(work, w -> new HashMap<>()).put(side, value);
    }

    private ComparisonReport report() {
        return new ComparisonReport(
                sides,
                values.entrySet().stream()
                        .map(entry -> new Line(
                                entry.getKey().model(),
                                entry.getKey().text(),
                                entry.getKey().unit(),
                                sides.stream()
                                        .map(side -> Optional.ofNullable(
                                                entry.getValue().get(side)))
                                        .toList()))
                        .toList());
    }
}

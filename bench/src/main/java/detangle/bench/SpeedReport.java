package detangle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** The report of how fast models ran, beside others that ran them. */
public record SpeedReport(Host host, List<ReportLine> results) implements Report {
    public SpeedReport {
        results = List.copyOf(results);
    }

    /** Several runs of one bench as one. */
    public static SpeedReport of(List<SpeedReport> parts) {
        return new SpeedReport(
                parts.getFirst().host(),
                parts.stream().flatMap(p -> p.results().stream()).toList());
    }

    @Override
    public List<List<String>> table() {
        boolean mixes = results.stream().anyMatch(r -> r.mix().isPresent());
        TreeSet<String> peers = new TreeSet<>();
        results.forEach(r -> peers.addAll(r.peers().keySet()));
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of(
                "model",
                "head",
                "backend",
                "precision",
                "batch",
                "seq",
                "threads",
                "p50 ms",
                "p90 ms",
                "p99 ms",
                "tokens/s",
                "GFLOP/s",
                "of peak",
                "RSS MiB"));
        boolean busy = results.stream().anyMatch(r -> r.busy() > 0);
        boolean rounded = results.stream().anyMatch(r -> r.weightType().isPresent());
        boolean onDevice = results.stream().anyMatch(SpeedReport::staysOnDevice);
        boolean differ = results.stream().anyMatch(r -> r.nmse().isPresent());
        if (busy) {
            heading.add("busy beside");
        }
        if (rounded) {
            heading.add("weights");
        }
        if (onDevice) {
            heading.add("outputs");
        }
        if (differ) {
            heading.addAll(List.of("NMSE", "max diff"));
        }
        if (mixes) {
            heading.add("one by one ms");
        }
        for (String peer : peers) {
            heading.addAll(List.of(peer + " ms", "ratio", peer + " RSS"));
            if (mixes) {
                heading.addAll(List.of(peer + " one by one ms", "ratio"));
            }
        }
        heading.add("clean");
        rows.add(heading);
        for (ReportLine r : results) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(),
                    r.head(),
                    r.backend(),
                    r.precision().orElse(""),
                    Integer.toString(r.batch()),
                    r.mix().isPresent() ? "mix of " + r.seq() : Integer.toString(r.seq()),
                    Integer.toString(r.threads()),
                    Cells.number("%.1f", r.p50Ms()),
                    Cells.number("%.1f", r.p90Ms()),
                    Cells.number("%.1f", r.p99Ms()),
                    Cells.number("%.0f", r.tokensPerS()),
                    Cells.number("%.1f", r.gflops()),
                    r.peakShare().map(s -> Cells.percent(s)).orElse(""),
                    r.rssMb().map(s -> Cells.number("%.0f", s)).orElse("")));
            if (busy) {
                row.add(Integer.toString(r.busy()));
            }
            if (rounded) {
                row.add(r.weightType().orElse("as stored"));
            }
            if (onDevice) {
                row.add(staysOnDevice(r) ? "on the device" : "copied back");
            }
            if (differ) {
                row.add(r.nmse().map(e -> Cells.number("%.1e", e)).orElse(""));
                row.add(r.maxDifference().map(d -> Cells.number("%.1e", d)).orElse(""));
            }
            if (mixes) {
                row.add(r.oneByOneP50Ms().map(t -> Cells.number("%.1f", t)).orElse(""));
            }
            for (String peer : peers) {
                Optional<ReportLine.Peer> p = Optional.ofNullable(r.peers().get(peer));
                row.add(p.map(x -> Cells.number("%.1f", x.p50Ms())).orElse(""));
                row.add(p.map(x -> Cells.number("%.2f", x.ratio())).orElse(""));
                row.add(p.flatMap(ReportLine.Peer::rssMb)
                        .map(x -> Cells.number("%.0f", x))
                        .orElse(""));
                if (mixes) {
                    row.add(p.flatMap(ReportLine.Peer::oneByOneP50Ms)
                            .map(x -> Cells.number("%.1f", x))
                            .orElse(""));
                    row.add(p.flatMap(ReportLine.Peer::oneByOneRatio)
                            .map(x -> Cells.number("%.2f", x))
                            .orElse(""));
                }
            }
            row.add(r.clean() ? "yes" : "disturbed");
            rows.add(row);
        }
        return rows;
    }

    private static boolean staysOnDevice(ReportLine line) {
        return line.noDataTransfers().orElse(false);
    }

    @Override
    public int words() {
        return 3;
    }
}

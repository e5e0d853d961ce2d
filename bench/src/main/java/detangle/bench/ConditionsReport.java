package detangle.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The report of how fast models were in the conditions that they meet with users, beside others in the same rounds. */
public record ConditionsReport(Host host, List<Line> results) implements Report {
    public ConditionsReport {
        results = List.copyOf(results);
    }

    /**
     * The figures of one model in one condition.
     *
     * @param condition quiet, traffic, busy or cold
     * @param work what was run, in words
     * @param busy how many processes kept processors busy meanwhile
     * @param unit of the values: {@code ms}, or {@code ms/token}
     * @param clean whether no other process disturbed the runs, where that was watched
     * @param peers by the name of the runtime, for Detangle's export; for a model that was given, the name of its file
     *     or folder follows
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Line(
            String model,
            String condition,
            String work,
            String backend,
            int threads,
            int busy,
            String unit,
            Figure own,
            Optional<Boolean> clean,
            Map<String, Peer> peers) {}

    /**
     * One figure.
     *
     * @param value in the unit of the line
     * @param p99Ms of single requests
     * @param byLength where requests of many lengths were answered one by one
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Figure(double value, Optional<Double> p99Ms, List<TrafficReport.AtLength> byLength) {
        static Figure of(double value) {
            return new Figure(value, Optional.empty(), List.of());
        }

        static Figure of(TrafficReport.Served served) {
            return new Figure(served.msPerToken(), Optional.of(served.p99Ms()), served.byLength());
        }
    }

    /**
     * Another runtime at the same work.
     *
     * @param model the file that it ran
     * @param ratio Detangle's value over this one's: below 1 Detangle is faster
     * @param atMost what the ratio should not exceed, where there is such a goal
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Peer(String model, double ratio, Optional<Double> atMost, Figure served) {
        static Peer of(String model, Figure own, Figure served) {
            return new Peer(model, Cells.rounded(own.value() / served.value()), Optional.empty(), served);
        }

        Peer atMost(double goal) {
            return new Peer(model, ratio, Optional.of(Cells.rounded(goal)), served);
        }
    }

    @Override
    public List<List<String>> table() {
        TreeSet<String> peers = new TreeSet<>();
        results.forEach(r -> peers.addAll(r.peers().keySet()));
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of(
                "model", "condition", "work", "backend", "unit", "threads", "busy beside", "Detangle", "p99 ms"));
        for (String peer : peers) {
            heading.addAll(List.of(peer, "p99 ms", "ratio", "at most"));
        }
        heading.add("clean");
        rows.add(heading);
        for (Line r : results) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(),
                    r.condition(),
                    r.work(),
                    r.backend(),
                    r.unit(),
                    Integer.toString(r.threads()),
                    Integer.toString(r.busy())));
            row.addAll(numbers(r.unit(), r.own()));
            for (String peer : peers) {
                Optional<Peer> p = Optional.ofNullable(r.peers().get(peer));
                row.addAll(p.map(x -> numbers(r.unit(), x.served())).orElse(List.of("", "")));
                row.add(p.map(x -> Cells.number("%.2f", x.ratio())).orElse(""));
                row.add(p.flatMap(Peer::atMost)
                        .map(x -> Cells.number("%.2f", x))
                        .orElse(""));
            }
            row.add(r.clean().map(c -> c ? "yes" : "disturbed").orElse(""));
            rows.add(row);
        }
        return rows;
    }

    private static List<String> numbers(String unit, Figure figure) {
        return List.of(
                Cells.number(unit.equals("ms") ? "%.1f" : "%.3f", figure.value()),
                figure.p99Ms().map(ms -> Cells.number("%.1f", ms)).orElse(""));
    }

    @Override
    public int words() {
        return 5;
    }
}

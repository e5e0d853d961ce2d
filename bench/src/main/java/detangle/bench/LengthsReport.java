package detangle.bench;

import java.util.ArrayList;
import java.util.List;

/** The report of what the first run of a new length costs, against its repeats. */
public record LengthsReport(Host host, List<Lengths> results) implements Report {
    public LengthsReport {
        results = List.copyOf(results);
    }

    /**
     * The lengths of one model.
     *
     * @param busy how many processes kept processors busy meanwhile
     * @param shortest and {@code longest}: the lengths are taken from between them
     * @param lengths how many were measured
     * @param firstMs the median of the first runs
     * @param repeatMs the median of the repeats' medians
     * @param ratio the median, over all lengths, of the first run against the median of its repeats
     * @param ratio90 the ratio that nine lengths in ten do not exceed
     */
    public record Lengths(
            String model,
            String backend,
            int threads,
            int busy,
            int shortest,
            int longest,
            int lengths,
            double firstMs,
            double repeatMs,
            double ratio,
            double ratio90) {}

    @Override
    public List<List<String>> table() {
        boolean busy = results.stream().anyMatch(r -> r.busy() > 0);
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of("model", "backend", "threads"));
        if (busy) {
            heading.add("busy beside");
        }
        heading.addAll(List.of("lengths", "of", "first ms", "repeat ms", "ratio", "9 in 10 below"));
        rows.add(heading);
        for (Lengths r : results) {
            List<String> row = new ArrayList<>(List.of(r.model(), r.backend(), Integer.toString(r.threads())));
            if (busy) {
                row.add(Integer.toString(r.busy()));
            }
            row.addAll(List.of(
                    r.shortest() + "-" + r.longest(),
                    Integer.toString(r.lengths()),
                    Cells.number("%.3f", r.firstMs()),
                    Cells.number("%.3f", r.repeatMs()),
                    Cells.number("%.3f", r.ratio()),
                    Cells.number("%.3f", r.ratio90())));
            rows.add(row);
        }
        return rows;
    }

    @Override
    public int words() {
        return 2;
    }
}

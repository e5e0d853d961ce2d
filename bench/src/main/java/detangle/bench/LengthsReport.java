package detangle.bench;

import java.util.ArrayList;
import java.util.List;

/** What the first run of a length costs that no run had before, against its repeats. */
public record LengthsReport(Host host, List<Lengths> results) implements Report {
    public LengthsReport {
        results = List.copyOf(results);
    }

    /**
     * One model's lengths.
     *
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
            int shortest,
            int longest,
            int lengths,
            double firstMs,
            double repeatMs,
            double ratio,
            double ratio90) {}

    @Override
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "model", "backend", "threads", "lengths", "of", "first ms", "repeat ms", "ratio", "9 in 10 below"));
        for (Lengths r : results) {
            rows.add(List.of(
                    r.model(),
                    r.backend(),
                    Integer.toString(r.threads()),
                    r.shortest() + "-" + r.longest(),
                    Integer.toString(r.lengths()),
                    Cells.number("%.3f", r.firstMs()),
                    Cells.number("%.3f", r.repeatMs()),
                    Cells.number("%.3f", r.ratio()),
                    Cells.number("%.3f", r.ratio90())));
        }
        return rows;
    }

    @Override
    public int words() {
        return 2;
    }
}

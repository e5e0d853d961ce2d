package detangle.bench;

import java.util.ArrayList;
import java.util.List;

/** How long processes took to their first answer. */
public record ColdReport(Host host, List<Start> results) implements Report {
    public ColdReport {
        results = List.copyOf(results);
    }

    /**
     * One runtime's processes.
     *
     * @param runsIn a backend of Detangle, or a peer and its file
     * @param reads {@code text}, or {@code ids} where a tokenizer is no part of it
     * @param tokens of the text
     */
    public record Start(
            String model,
            String runsIn,
            String reads,
            int tokens,
            int threads,
            int processes,
            double medianMs,
            double bestMs) {}

    @Override
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("model", "runs in", "reads", "tokens", "threads", "median ms", "best ms"));
        for (Start r : results) {
            rows.add(List.of(
                    r.model(),
                    r.runsIn(),
                    r.reads(),
                    Integer.toString(r.tokens()),
                    Integer.toString(r.threads()),
                    Cells.number("%.0f", r.medianMs()),
                    Cells.number("%.0f", r.bestMs())));
        }
        return rows;
    }

    @Override
    public int words() {
        return 3;
    }
}

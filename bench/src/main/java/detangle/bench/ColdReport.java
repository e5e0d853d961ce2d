package detangle.bench;

import java.util.ArrayList;
import java.util.List;

/** The report of the time from the start of processes to their first answer. */
public record ColdReport(Host host, List<Start> results) implements Report {
    public ColdReport {
        results = List.copyOf(results);
    }

    /**
     * The processes of one runtime.
     *
     * @param runsIn a backend of Detangle, or a peer and its file
     * @param archive whether processes started with an archive of classes
     * @param reads {@code text}, or {@code ids} where a tokenizer is not part of it
     * @param tokens of the text
     * @param busy how many processes kept processors busy meanwhile
     */
    public record Start(
            String model,
            String runsIn,
            boolean archive,
            String reads,
            int tokens,
            int threads,
            int busy,
            int processes,
            double medianMs,
            double bestMs) {
        /** Returns the name of the runtime, and whether there was an archive. */
        private String runtime() {
            return archive ? runsIn + ", archive of classes" : runsIn;
        }
    }

    @Override
    public List<List<String>> table() {
        boolean busy = results.stream().anyMatch(r -> r.busy() > 0);
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of("model", "runs in", "reads", "tokens", "threads"));
        if (busy) {
            heading.add("busy beside");
        }
        heading.addAll(List.of("median ms", "best ms"));
        rows.add(heading);
        for (Start r : results) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(), r.runtime(), r.reads(), Integer.toString(r.tokens()), Integer.toString(r.threads())));
            if (busy) {
                row.add(Integer.toString(r.busy()));
            }
            row.addAll(List.of(Cells.number("%.0f", r.medianMs()), Cells.number("%.0f", r.bestMs())));
            rows.add(row);
        }
        return rows;
    }

    @Override
    public int words() {
        return 3;
    }
}

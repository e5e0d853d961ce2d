package detangle.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The report of how many texts a second pipelines have answered, beside others that were given the same texts. */
public record ExtractionReport(Host host, List<Line> results) implements Report {
    public ExtractionReport {
        results = List.copyOf(results);
    }

    /**
     * The figures of one model at one kind of work.
     *
     * @param work how texts came, in words
     * @param texts how many
     * @param tokens of all texts with their prompts; padding is not a token
     * @param textsPerS from texts to entities
     * @param goal the least ratio that is aimed for
     * @param clean whether no other process disturbed the runs
     * @param peers by name
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Line(
            String model,
            String work,
            String backend,
            int threads,
            int texts,
            long tokens,
            double textsPerS,
            Optional<Double> rssMb,
            double goal,
            boolean clean,
            Map<String, Peer> peers) {}

    /**
     * Another runtime, or Detangle asked otherwise, with the same texts in the same rounds.
     *
     * @param textsPerS of the forward pass alone for a runtime, which neither tokenizes nor decodes
     * @param ratio Detangle's texts a second over these: above 1 Detangle is faster
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Peer(double textsPerS, double ratio, Optional<Double> rssMb) {}

    @Override
    public List<List<String>> table() {
        TreeSet<String> peers = new TreeSet<>();
        results.forEach(r -> peers.addAll(r.peers().keySet()));
        List<List<String>> rows = new ArrayList<>();
        List<String> heading =
                new ArrayList<>(List.of("model", "texts", "backend", "threads", "number", "tokens", "texts/s"));
        for (String peer : peers) {
            heading.addAll(List.of(peer + " texts/s", "ratio"));
        }
        heading.addAll(List.of("at least", "clean"));
        rows.add(heading);
        for (Line r : results) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(),
                    r.work(),
                    r.backend(),
                    Integer.toString(r.threads()),
                    Integer.toString(r.texts()),
                    Long.toString(r.tokens()),
                    Cells.number("%.2f", r.textsPerS())));
            for (String peer : peers) {
                Optional<Peer> p = Optional.ofNullable(r.peers().get(peer));
                row.add(p.map(x -> Cells.number("%.2f", x.textsPerS())).orElse(""));
                row.add(p.map(x -> Cells.number("%.2f", x.ratio())).orElse(""));
            }
            row.add(Cells.number("%.1f", r.goal()));
            row.add(r.clean() ? "yes" : "disturbed");
            rows.add(row);
        }
        return rows;
    }

    @Override
    public int words() {
        return 3;
    }
}

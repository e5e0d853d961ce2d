package detangle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The report of how fast requests of drawn lengths were answered, beside others that answered the same. */
public record TrafficReport(Host host, List<Line> results) implements Report {
    public TrafficReport {
        results = List.copyOf(results);
    }

    /**
     * The figures of one model on one backend.
     *
     * @param lengths where they were drawn from, in words
     * @param maxBatch texts of a batch at most; 1 where they were answered one by one
     * @param busy how many processes kept processors busy meanwhile
     * @param clean whether no other process disturbed the runs
     * @param peers by the name of the runtime, for Detangle's export; for a model that was given, the name of its file
     *     or folder follows
     */
    public record Line(
            String model,
            String head,
            String backend,
            String lengths,
            int requests,
            long seed,
            int maxBatch,
            int threads,
            int busy,
            boolean clean,
            Served own,
            Map<String, Peer> peers) {}

    /**
     * The times of requests.
     *
     * @param msPerToken all the time over all the tokens; padding is not a token
     * @param p50Ms the time in which half of the requests were answered; that of the batch where they came together
     * @param rssMb peak resident memory, MiB
     * @param byLength where texts were answered one by one
     */
    public record Served(
            double msPerToken,
            double p50Ms,
            double p90Ms,
            double p99Ms,
            double tokensPerS,
            Optional<Double> rssMb,
            List<AtLength> byLength) {}

    /** The median of the times of one length. */
    public record AtLength(int length, double ms) {}

    /**
     * Another runtime at the same requests, in the same rounds.
     *
     * @param model the file that it ran
     * @param ratio Detangle's time a token over this one's: below 1 Detangle is faster
     */
    public record Peer(String model, double ratio, Served served) {}

    @Override
    public List<List<String>> table() {
        TreeSet<String> peers = new TreeSet<>();
        results.forEach(r -> peers.addAll(r.peers().keySet()));
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of(
                "model", "head", "backend", "lengths", "answered", "threads", "busy beside", "requests", "RSS MiB"));
        heading.addAll(headings(""));
        for (String peer : peers) {
            heading.addAll(headings(peer + " "));
            heading.add("ratio");
        }
        heading.add("clean");
        rows.add(heading);
        for (Line r : results) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(),
                    r.head(),
                    r.backend(),
                    r.lengths(),
                    r.maxBatch() == 1 ? "one by one" : "up to " + r.maxBatch() + " together",
                    Integer.toString(r.threads()),
                    Integer.toString(r.busy()),
                    Integer.toString(r.requests()),
                    r.own().rssMb().map(m -> Cells.number("%.0f", m)).orElse("")));
            row.addAll(numbers(r.own()));
            for (String peer : peers) {
                Optional<Peer> p = Optional.ofNullable(r.peers().get(peer));
                row.addAll(p.map(x -> numbers(x.served())).orElse(List.of("", "", "", "", "")));
                row.add(p.map(x -> Cells.number("%.2f", x.ratio())).orElse(""));
            }
            row.add(r.clean() ? "yes" : "disturbed");
            rows.add(row);
        }
        return rows;
    }

    private static List<String> headings(String who) {
        return List.of(who + "ms/token", who + "p50 ms", who + "p90 ms", who + "p99 ms", who + "tokens/s");
    }

    private static List<String> numbers(Served served) {
        return List.of(
                Cells.number("%.3f", served.msPerToken()),
                Cells.number("%.1f", served.p50Ms()),
                Cells.number("%.1f", served.p90Ms()),
                Cells.number("%.1f", served.p99Ms()),
                Cells.number("%.0f", served.tokensPerS()));
    }

    @Override
    public int words() {
        return 5;
    }
}

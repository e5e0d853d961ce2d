package detangle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The time and the memory that a step of training takes. */
public record TrainingReport(Host host, List<Steps> results) implements Report {
    public TrainingReport {
        results = List.copyOf(results);
    }

    /**
     * The steps of one model at one batch.
     *
     * @param lengths the sequences' lengths if they differ
     * @param steps the number of steps that were timed
     * @param p50Ms the median, from the batch's tensors to the new weights
     * @param tokensPerSecond the tokens of the batch, without padding, that are trained with in a second
     * @param peakRssMib the peak memory of the whole process
     * @param clean whether nothing else took much of the machine meanwhile
     * @param peer the median of the peer's faster process, if there is a peer
     * @param ratio p50Ms against the peer's
     * @param peerPeakRssMib the peak memory of the peer's process
     */
    public record Steps(
            String model,
            String backend,
            int batch,
            int length,
            Optional<String> lengths,
            int threads,
            int steps,
            double p50Ms,
            double p90Ms,
            double tokensPerSecond,
            Optional<Double> peakRssMib,
            boolean clean,
            Optional<Double> peer,
            Optional<Double> ratio,
            Optional<Double> peerPeakRssMib) {}

    @Override
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "model",
                "backend",
                "threads",
                "batch",
                "length",
                "steps",
                "p50 ms",
                "p90 ms",
                "tokens/s",
                "MiB",
                "quiet",
                "peer ms",
                "ratio",
                "peer MiB"));
        for (Steps r : results) {
            rows.add(List.of(
                    r.model(),
                    r.backend(),
                    Integer.toString(r.threads()),
                    Integer.toString(r.batch()),
                    r.lengths().map(lengths -> "up to " + r.length()).orElse(Integer.toString(r.length())),
                    Integer.toString(r.steps()),
                    Cells.number("%.1f", r.p50Ms()),
                    Cells.number("%.1f", r.p90Ms()),
                    Cells.number("%.0f", r.tokensPerSecond()),
                    cell("%.0f", r.peakRssMib()),
                    r.clean() ? "yes" : "no",
                    cell("%.1f", r.peer()),
                    cell("%.2f", r.ratio()),
                    cell("%.0f", r.peerPeakRssMib())));
        }
        return rows;
    }

    private static String cell(String format, Optional<Double> number) {
        return number.map(n -> Cells.number(format, n)).orElse("");
    }

    @Override
    public int words() {
        return 2;
    }
}

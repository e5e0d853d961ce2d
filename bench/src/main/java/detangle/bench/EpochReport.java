package detangle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The time that an epoch of a file takes, the first of a process and those after it. */
public record EpochReport(Host host, List<Epochs> results) implements Report {
    public EpochReport {
        results = List.copyOf(results);
    }

    /**
     * The epochs of one model.
     *
     * @param batch the rows of a batch; the last one of an epoch may have fewer
     * @param tokens the tokens of an epoch, without padding
     * @param own the times of Detangle
     * @param clean whether nothing else took much of the machine meanwhile
     * @param peer the times of the peer, if there is one
     * @param firstRatio own.firstS() against the peer's
     * @param repeatedRatio own.repeatedS() against the peer's
     */
    public record Epochs(
            String model,
            String backend,
            int threads,
            long rows,
            int batch,
            int steps,
            long tokens,
            Times own,
            boolean clean,
            Optional<Times> peer,
            Optional<Double> firstRatio,
            Optional<Double> repeatedRatio) {}

    /**
     * The times of one contender, in seconds.
     *
     * @param startS the median from the start of a process until it could train
     * @param firstS the median of the first epochs of processes, in which code and tables that are made once are made
     * @param repeatedS the median of all other epochs
     * @param peakRssMib the peak memory of a process
     */
    public record Times(double startS, double firstS, double repeatedS, Optional<Double> peakRssMib) {
        private Stream<String> cells() {
            return Stream.of(
                    Cells.number("%.1f", startS),
                    Cells.number("%.2f", firstS),
                    Cells.number("%.2f", repeatedS),
                    peakRssMib.map(mib -> Cells.number("%.0f", mib)).orElse(""));
        }
    }

    @Override
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "model",
                "backend",
                "threads",
                "rows",
                "batch",
                "steps",
                "tokens",
                "start s",
                "first epoch s",
                "epoch s",
                "MiB",
                "quiet",
                "peer start s",
                "first epoch s",
                "epoch s",
                "MiB",
                "first ratio",
                "ratio"));
        for (Epochs r : results) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(),
                    r.backend(),
                    Integer.toString(r.threads()),
                    Long.toString(r.rows()),
                    Integer.toString(r.batch()),
                    Integer.toString(r.steps()),
                    Long.toString(r.tokens())));
            r.own().cells().forEach(row::add);
            row.add(r.clean() ? "yes" : "no");
            r.peer().map(Times::cells).orElse(Stream.of("", "", "", "")).forEach(row::add);
            Stream.of(r.firstRatio(), r.repeatedRatio())
                    .map(ratio -> ratio.map(x -> Cells.number("%.2f", x)).orElse(""))
                    .forEach(row::add);
            rows.add(row);
        }
        return rows;
    }

    @Override
    public int words() {
        return 2;
    }
}

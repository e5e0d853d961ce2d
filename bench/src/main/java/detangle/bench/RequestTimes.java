package detangle.bench;

import detangle.bench.TrafficReport.AtLength;
import detangle.bench.TrafficReport.Served;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Times of texts in batches: each text of a batch is answered when the batch is done. */
final class RequestTimes {
    private final List<List<Integer>> batches;
    private final Timings requests = new Timings();
    private final Map<Integer, Timings> byLength = new TreeMap<>();
    private double milliseconds;
    private long tokens;

    RequestTimes(List<List<Integer>> batches) {
        this.batches = batches;
    }

    /** Adds the times of some batches, the first of which has this number. */
    void add(int from, long[] nanos) {
        List<Long> each = new ArrayList<>();
        for (int i = 0; i < nanos.length; i++) {
            List<Integer> batch = batches.get(from + i);
            milliseconds += nanos[i] / 1e6;
            for (int length : batch) {
                tokens += length;
                each.add(nanos[i]);
                if (batch.size() == 1) {
                    byLength.computeIfAbsent(length, n -> new Timings()).add(new long[] {nanos[i]});
                }
            }
        }
        requests.add(each.stream().mapToLong(n -> n).toArray());
    }

    void addAll(RequestTimes other) {
        requests.addAll(other.requests);
        other.byLength.forEach(
                (n, t) -> byLength.computeIfAbsent(n, x -> new Timings()).addAll(t));
        milliseconds += other.milliseconds;
        tokens += other.tokens;
    }

    double millisecondsPerToken() {
        return milliseconds / tokens;
    }

    /** Returns what is reported; times by length only where each text was a batch of its own. */
    Served served(Optional<Double> rssMb) {
        boolean stream = batches.stream().allMatch(batch -> batch.size() == 1);
        List<AtLength> lengths = new ArrayList<>();
        if (stream) {
            byLength.forEach((n, times) -> lengths.add(new AtLength(n, Cells.rounded(times.median()))));
        }
        return new Served(
                Math.rint(millisecondsPerToken() * 1e6) / 1e6,
                Cells.rounded(requests.median()),
                Cells.rounded(requests.percentile(0.9)),
                Cells.rounded(requests.percentile(0.99)),
                Cells.rounded(1e3 / millisecondsPerToken()),
                rssMb,
                lengths);
    }
}

package detangle.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Times of runs, in milliseconds. */
final class Timings {
    private final List<Double> sorted = new ArrayList<>();

    void add(long[] nanos) {
        for (long n : nanos) {
            sorted.add(n / 1e6);
        }
        Collections.sort(sorted);
    }

    void addAll(Timings other) {
        sorted.addAll(other.sorted);
        Collections.sort(sorted);
    }

    int count() {
        return sorted.size();
    }

    /** Returns the time that a share of the runs does not exceed (nearest rank). */
    double percentile(double share) {
        int rank = (int) Math.ceil(share * sorted.size());
        return sorted.get(Math.max(0, rank - 1));
    }

    double median() {
        return percentile(0.5);
    }
}

package detangle.bench;

import java.util.List;

/** All that a run of the bench found. */
public record Report(Host host, List<Result> results) {
    public Report {
        results = List.copyOf(results);
    }
}

package detangle.cli;

import detangle.backend.Profile;
import detangle.ir.Tensor;
import detangle.runtime.Session;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/** Measures how long each operation of a model takes, over runs that come after just-in-time compilation. */
final class OperationTimes {
    private static final int TIMED_RUNS = 10;
    private static final long WARMUP_NANOS = 1_000_000_000L;

    private final Profile profile = new Profile();
    private long nanos;

    /** Runs the model on these inputs. */
    void add(Session session, Map<String, Tensor> inputs) {
        for (long end = System.nanoTime() + WARMUP_NANOS; System.nanoTime() < end; ) {
            session.run(inputs, new Profile());
        }
        long begin = System.nanoTime();
        for (int i = 0; i < TIMED_RUNS; i++) {
            session.run(inputs, profile);
        }
        nanos += System.nanoTime() - begin;
    }

    /**
     * A table of times for one run of all inputs; what no operation took, such as copies of outputs, is the last line.
     */
    void print(PrintWriter out) {
        out.printf(Locale.ROOT, "%-12s %-24s %8s %12s %7s%n", "device", "operation", "calls", "ms", "share");
        long rest = nanos;
        for (Profile.Entry entry : profile.entries()) {
            line(out, entry.device(), entry.operation(), Long.toString(entry.calls() / TIMED_RUNS), entry.nanos());
            rest -= entry.nanos();
        }
        line(out, "", "the rest", "", rest);
        line(out, "", "in all", "", nanos);
        out.flush();
    }

    private void line(PrintWriter out, String device, String operation, String calls, long part) {
        out.printf(
                Locale.ROOT,
                "%-12s %-24s %8s %12.3f %6.1f%%%n",
                device,
                operation,
                calls,
                part / 1e6 / TIMED_RUNS,
                100.0 * part / nanos);
    }
}

package detangle.backend.processor;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The processors that this process may use.
 *
 * @param available what the JVM reports: it follows affinity masks and cpusets, and rounds quotas up; threads of one
 *     core count each
 * @param quota the processors whose time the process may have, such as 1.5; empty where nothing limits it
 * @param faults what is wrong with files that should tell a quota, a line for each
 */
public record Processors(int available, OptionalDouble quota, List<String> faults) {
    private static final MathContext DIGITS = new MathContext(3);

    /** Keeps a copy. */
    public Processors {
        faults = List.copyOf(faults);
    }

    /** Returns those of this process at this moment. */
    public static Processors here() {
        return of(Runtime.getRuntime().availableProcessors(), Path.of("/"));
    }

    /**
     * Returns those of a process whose quota stands in files.
     *
     * @param root where the files lie as they do below {@code /} otherwise
     */
    static Processors of(int available, Path root) {
        ControlGroups.Quota found = ControlGroups.quota(root);
        return new Processors(available, found.processors(), found.faults());
    }

    /**
     * Returns how many threads suit them: one each, and with a quota the number that is nearest to it. One thread more
     * than the quota has processors spends the time of a period before it ends, and all threads stand still for what
     * is left of it. With 1.5 processors and two threads that is a quarter of each period under full load, and the
     * work that is done is still a third more; with 1.2 processors no more work is done than by one thread, which
     * never stands still.
     */
    public int threads() {
        long nearest = Math.round(quota.orElse(available));
        return Math.clamp(nearest, 1, available);
    }

    /** Returns what there is, for people, such as {@code 2 processors, no quota} or {@code quota of 1.5 processors}. */
    public String text() {
        List<String> parts = new ArrayList<>();
        // Where the quota is smaller, the JVM reports the quota, rounded up, and not the processors.
        if (quota.isEmpty() || Math.ceil(quota.getAsDouble()) > available) {
            parts.add(counted(BigDecimal.valueOf(available)) + (quota.isEmpty() ? ", no quota" : ""));
        }
        quota.ifPresent(most -> parts.add("quota of " + counted(rounded(most))));
        parts.addAll(faults);
        return String.join("; ", parts);
    }

    private static BigDecimal rounded(double number) {
        return BigDecimal.valueOf(number).round(DIGITS).stripTrailingZeros();
    }

    private static String counted(BigDecimal number) {
        return number.toPlainString() + (number.equals(BigDecimal.ONE) ? " processor" : " processors");
    }
}

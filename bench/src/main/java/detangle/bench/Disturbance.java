package detangle.bench;

import java.util.Collection;
import java.util.OptionalDouble;

/** Notices processor time that went to others while something was measured. */
final class Disturbance {
    /** The share of all processors that other work may take; less than this does not change a median. */
    private static final double TOLERATED_SHARE = 0.05;

    private final Collection<Long> own;
    private final long begin = System.nanoTime();
    private final OptionalDouble busy = ProcFiles.busySeconds();
    private final double used;

    /** Begins to watch; {@code own} are the processes that belong to the measurement. */
    Disturbance(Collection<Long> own) {
        this.own = own;
        this.used = ProcFiles.seconds(own);
    }

    /** Returns whether others used little since then; true where the system does not tell. */
    boolean clean() {
        OptionalDouble now = ProcFiles.busySeconds();
        if (busy.isEmpty() || now.isEmpty()) {
            return true;
        }
        double elapsed = (System.nanoTime() - begin) / 1e9;
        double others = now.getAsDouble() - busy.getAsDouble() - (ProcFiles.seconds(own) - used);
        return others <= TOLERATED_SHARE * elapsed * Runtime.getRuntime().availableProcessors();
    }
}

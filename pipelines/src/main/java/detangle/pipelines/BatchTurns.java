package detangle.pipelines;

import detangle.backend.Device;
import detangle.backend.processor.ThreadCount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Decides which batch, or which run behind an encoder, comes next of all models that share a device: the one that is due
 * first, as in fair queueing (Demers, Keshav and Shenker 1989). Each call is promised one part in {@value #PROMISED} of the device from its arrival
 * on, which says when each of its encodings is due, and what comes behind them. So a call of many encodings asks for them one after another, a small
 * call comes before what is left of it, and what has waited for long comes before both, whichever model it is for.
 *
 * <p>Short and long calls each have a quarter of the time if they ask for it, so that neither keeps the other from
 * being answered, however many come. While short calls come, one place is kept for them, until a long call is late and
 * short calls have had their quarter. Where there are more places than lanes, all of this decides nothing: every lane
 * runs, and the threads are shared by kernels.
 */
final class BatchTurns {
    /** A call is promised one part of the device of so many. */
    private static final int PROMISED = 8;

    /** The part of the time that short calls have at least, and long calls too, where they wait for it. */
    private static final double LEAST_PART = 0.25;

    /** The nanoseconds after a short call in which others are expected. */
    private static final long SHORT_CALL_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int PLACES_OF_GPU = 2;

    private static final Map<String, BatchTurns> BY_DEVICE = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final int places;
    private final LongSupplier clock;
    private final List<Lane> lanes = new ArrayList<>();
    private final RecentTime recent;

    /** The time of the last short call. */
    private long lastShortCall;

    /** What waits in a lane. Asked while the lock is held. */
    interface Line {
        /** The size of the calls that wait, or of the one that has the lane's place. */
        CallSize callSize();

        boolean isEmpty();

        /** Returns when what comes next is due; something must wait. */
        long due();
    }

    /** What waits for a model of one kind, such as its short calls. One batch of a lane runs at a time. */
    final class Lane {
        private final Line line;
        private final Condition changed = lock.newCondition();

        /** Whether it has a place, for a batch that runs or is about to. */
        private boolean hasPlace;

        private Lane(Line line) {
            this.line = line;
        }

        /** A condition of {@link BatchTurns#lock} that is signalled when it gets a place. */
        Condition changed() {
            return changed;
        }

        boolean hasPlace() {
            return hasPlace;
        }
    }

    /**
     * Turns of a device of one's own.
     *
     * @param places batches that run at the same time at most
     * @param clock nanoseconds, as {@link System#nanoTime}
     */
    BatchTurns(int places, LongSupplier clock) {
        this.places = places;
        this.clock = clock;
        this.recent = new RecentTime(clock.getAsLong());
        this.lastShortCall = clock.getAsLong() - SHORT_CALL_MEMORY_NANOS;
    }

    /**
     * Returns the turns that all models of this process take on a device, as many at once as threads compute. A GPU
     * computes one batch after another, and the next one gets its inputs meanwhile.
     */
    static BatchTurns of(Device device) {
        int places = device.isGpu() ? PLACES_OF_GPU : ThreadCount.chosen().threads();
        return BY_DEVICE.computeIfAbsent(device.name(), name -> new BatchTurns(places, System::nanoTime));
    }

    /** Guards the lanes and their queues; whoever opens or closes a lane, adds to one or gives a place back holds it. */
    ReentrantLock lock() {
        return lock;
    }

    long now() {
        return clock.getAsLong();
    }

    /**
     * Returns when something is due that a call asks now, behind all that it has asked before: when its call is promised
     * it, or earlier if the call would not be done in time otherwise.
     *
     * @param nanos that it takes
     * @param after nanoseconds that the rest of what the call asks now takes
     */
    long due(CallDemand call, double nanos, double after) {
        double until = call.ask(now(), nanos);
        double left = call.end() - call.begin();
        // A call that cannot be done in time comes before no other for that.
        double latest = until + after <= left ? left - after : left;
        return call.begin() + (long) Math.min(PROMISED * until, latest);
    }

    Lane open(Line line) {
        Lane lane = new Lane(line);
        lanes.add(lane);
        return lane;
    }

    void close(Lane lane) {
        lanes.remove(lane);
    }

    /** Gives a lane a place if it is its turn, now that more waits in it. */
    void added(Lane lane) {
        if (lane.line.callSize() == CallSize.SHORT) {
            lastShortCall = now();
        }
        give();
    }

    /** Returns whether short calls have come lately, so that others are expected. */
    boolean expectsShortCalls() {
        return now() - lastShortCall < SHORT_CALL_MEMORY_NANOS;
    }

    /**
     * Takes the place of a lane.
     *
     * @param nanos for which its batch ran
     */
    void giveBack(Lane lane, long nanos) {
        recent.add(lane.line.callSize(), nanos, now());
        lane.hasPlace = false;
        give();
    }

    /** Gives free places to lanes. */
    private void give() {
        while (lanes.stream().filter(Lane::hasPlace).count() < places) {
            Optional<Lane> next = next();
            if (next.isEmpty()) {
                return;
            }
            next.get().hasPlace = true;
            next.get().changed.signal();
        }
    }

    private Optional<Lane> next() {
        Optional<Lane> shortCalls = first(CallSize.SHORT);
        Optional<Lane> longCalls = first(CallSize.LONG).filter(this::mayBegin);
        if (shortCalls.isEmpty() || longCalls.isEmpty()) {
            return shortCalls.or(() -> longCalls);
        }
        if (recent.isLessThan(LEAST_PART, CallSize.LONG)) {
            return longCalls;
        }
        if (recent.isLessThan(LEAST_PART, CallSize.SHORT)) {
            return shortCalls;
        }
        return longCalls.get().line.due() - shortCalls.get().line.due() < 0 ? longCalls : shortCalls;
    }

    /** Returns the lane that waits for a place and whose first encoding is due before those of others. */
    private Optional<Lane> first(CallSize size) {
        long now = now();
        return lanes.stream()
                .filter(lane -> !lane.hasPlace && !lane.line.isEmpty() && lane.line.callSize() == size)
                .min(Comparator.comparingLong(lane -> lane.line.due() - now));
    }

    /**
     * Returns whether long calls may have one more place. The last one is kept for short calls while they come, unless
     * they have had their part and the long call is late.
     */
    private boolean mayBegin(Lane lane) {
        long taken = lanes.stream()
                .filter(other -> other.hasPlace && other.line.callSize() == CallSize.LONG)
                .count();
        boolean isLast = places > 1 && taken >= places - 1;
        boolean isLate = lane.line.due() - now() < 0;
        return !isLast || !expectsShortCalls() || isLate && !recent.isLessThan(LEAST_PART, CallSize.SHORT);
    }
}

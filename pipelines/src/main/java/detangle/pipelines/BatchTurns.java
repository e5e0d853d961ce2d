package detangle.pipelines;

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
 * Decides which batch of all models that share a device runs next: the one that is due first, as in fair queueing
 * (Demers, Keshav and Shenker 1989). Each call is promised one part in {@value #PROMISED} of the device from its
 * arrival on. The time at which each of its encodings is due follows from that. A small call therefore comes before the
 * rest of a large one, and a call that has waited for long comes before both, whichever model it is for.
 *
 * <p>Short and long calls each have a quarter of the time if they ask for it, so that neither keeps the other from
 * being answered, however many come. While short calls come, one place is kept for them, until a long call is late and
 * short calls have had their quarter. If there are more places than lanes, every lane runs, and kernels share the
 * threads.
 */
final class BatchTurns {
    /** The divisor of the part of the device that a call is promised. */
    private static final int PROMISED = 8;

    /** The least part of the time that short calls have while they wait, and that long calls have. */
    private static final double LEAST_PART = 0.25;

    /** The nanoseconds after a short call for which other short calls are expected. */
    private static final long SHORT_CALL_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Map<String, BatchTurns> BY_DEVICE = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final int places;
    private final LongSupplier clock;
    private final List<Lane> lanes = new ArrayList<>();
    private final RecentTime recent;

    /** The time of the last short call. */
    private long lastShortCall;

    /** The calls of one size that wait for a model. One batch of a lane runs at a time. */
    final class Lane {
        private final CallSize size;
        private final CallQueue queue = new CallQueue();
        private final Condition changed = lock.newCondition();

        /** Whether the lane has a place, for a batch that runs or is about to run. */
        private boolean hasPlace;

        private Lane(CallSize size) {
            this.size = size;
        }

        CallQueue queue() {
            return queue;
        }

        /** Returns a condition of {@link BatchTurns#lock} that is signalled when the lane gets a place. */
        Condition changed() {
            return changed;
        }

        boolean hasPlace() {
            return hasPlace;
        }
    }

    /**
     * Makes the turns of a device that no other model shares.
     *
     * @param places the most batches that run at the same time
     * @param clock returns nanoseconds, as {@link System#nanoTime} does
     */
    BatchTurns(int places, LongSupplier clock) {
        this.places = places;
        this.clock = clock;
        this.recent = new RecentTime(clock.getAsLong());
        this.lastShortCall = clock.getAsLong() - SHORT_CALL_MEMORY_NANOS;
    }

    /** Returns the turns that all models of this process take on a device, as many at once as threads compute. */
    static BatchTurns of(String device) {
        return BY_DEVICE.computeIfAbsent(
                device, name -> new BatchTurns(ThreadCount.chosen().threads(), System::nanoTime));
    }

    /**
     * Returns the lock of the lanes and their queues. A thread that opens or closes a lane, adds to one or gives a
     * place back holds it.
     */
    ReentrantLock lock() {
        return lock;
    }

    long now() {
        return clock.getAsLong();
    }

    /**
     * Returns when an encoding that arrives now is due: at the time that its call is promised, or earlier if the call
     * would otherwise miss its deadline.
     *
     * @param nanos the nanoseconds that it takes, with all that its call asks before it
     * @param all the nanoseconds that the whole call takes
     * @param left the nanoseconds until the deadline of the call
     */
    long due(double nanos, double all, long left) {
        // A call that would miss its deadline in any case does not go before others.
        double latest = all <= left ? left - (all - nanos) : left;
        return now() + (long) Math.min(PROMISED * nanos, latest);
    }

    Lane open(CallSize size) {
        Lane lane = new Lane(size);
        lanes.add(lane);
        return lane;
    }

    void close(Lane lane) {
        lanes.remove(lane);
    }

    /** Adds encodings to a lane's queue, and gives it a place if it is its turn. */
    void add(Lane lane, List<CallQueue.Item> items) {
        lane.queue.add(items);
        if (lane.size == CallSize.SHORT) {
            lastShortCall = now();
        }
        give();
    }

    /** Returns whether a short call has come lately, so that others are expected. */
    boolean expectsShortCalls() {
        return now() - lastShortCall < SHORT_CALL_MEMORY_NANOS;
    }

    /**
     * Takes the place from a lane.
     *
     * @param nanos the nanoseconds for which its batch ran
     */
    void giveBack(Lane lane, long nanos) {
        recent.add(lane.size, nanos, now());
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
        return longCalls.get().queue.due() - shortCalls.get().queue.due() < 0 ? longCalls : shortCalls;
    }

    /** Returns the waiting lane whose first encoding is due before those of other lanes. */
    private Optional<Lane> first(CallSize size) {
        long now = now();
        return lanes.stream()
                .filter(lane -> lane.size == size && !lane.hasPlace && !lane.queue.isEmpty())
                .min(Comparator.comparingLong(lane -> lane.queue.due() - now));
    }

    /**
     * Returns whether long calls may have one more place. The last place is kept for short calls while they come,
     * unless these have had their part and the long call is late.
     */
    private boolean mayBegin(Lane lane) {
        long taken = lanes.stream()
                .filter(other -> other.size == CallSize.LONG && other.hasPlace)
                .count();
        boolean isLast = places > 1 && taken >= places - 1;
        boolean isLate = lane.queue.due() - now() < 0;
        return !isLast || !expectsShortCalls() || isLate && !recent.isLessThan(LEAST_PART, CallSize.SHORT);
    }
}

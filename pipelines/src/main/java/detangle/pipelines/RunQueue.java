package detangle.pipelines;

import detangle.ir.InternalException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Runs one after the other, in the order in which callers come, what they cannot share a batch for: runs of a model
 * with inputs of another form, and what comes behind an encoder. So one caller at a time takes memory for it. A run
 * waits for its turn among the batches of all models ({@link BatchTurns}), and a caller no longer than its deadline.
 */
final class RunQueue implements AutoCloseable {
    /** The nanoseconds that a run is assumed to take before the first one. */
    private static final double FIRST_NANOS = 5_000_000;

    /** The weight of the last run in what a run takes. */
    private static final double LAST_RUN = 0.2;

    private final DynamicBatching options;
    private final BatchTurns turns;
    private final ReentrantLock lock;
    private final Next next = new Next();
    private final BatchTurns.Lane lane;
    private final ThreadPoolExecutor thread;
    private double nanosPerRun = FIRST_NANOS;

    /** The run that comes next, or that has the lane's place. Guarded by the lock. */
    private static final class Next implements BatchTurns.Line {
        private CallSize size = CallSize.SHORT;
        private boolean waits;
        private long due;

        @Override
        public CallSize callSize() {
            return size;
        }

        @Override
        public boolean isEmpty() {
            return !waits;
        }

        @Override
        public long due() {
            return due;
        }
    }

    RunQueue(DynamicBatching options, BatchTurns turns) {
        this.options = options;
        this.turns = turns;
        this.lock = turns.lock();
        lock.lock();
        try {
            this.lane = turns.open(next);
        } finally {
            lock.unlock();
        }
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.MINUTES,
                new LinkedBlockingQueue<>(options.maxWaiting()),
                Thread.ofPlatform().daemon().name("detangle-runs").factory());
        thread.allowCoreThreadTimeOut(true);
    }

    /** Returns what a run gives; waits for its turn. */
    <T> T run(Supplier<T> run) {
        CallDemand call = Deadline.call(options);
        long left = call.end() - System.nanoTime();
        if (left <= 0) {
            throw Deadline.exceeded(options);
        }
        Future<T> result;
        try {
            long due = due(call);
            CallSize size = call.size();
            result = thread.submit(() -> inTurn(run, size, due, call.end()));
        } catch (RejectedExecutionException e) {
            if (thread.isShutdown()) {
                throw new IllegalStateException("the model is closed", e);
            }
            throw new OverloadedException(options.maxWaiting() + " runs wait, and no more may: try again later");
        }
        try {
            return result.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw Deadline.exceeded(options);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineException("interrupted while waiting");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new InternalException("a run has failed", e.getCause());
        } finally {
            // A run that has begun goes on, as nothing stops it; one that waits is not begun.
            if (result.cancel(false)) {
                thread.purge();
            }
        }
    }

    private long due(CallDemand call) {
        lock.lock();
        try {
            return turns.due(call, nanosPerRun, 0);
        } finally {
            lock.unlock();
        }
    }

    /** Runs once it is its turn, if somebody waits for it then. */
    private <T> T inTurn(Supplier<T> run, CallSize size, long due, long end) {
        long begin = 0;
        boolean hasRun = false;
        takePlace(size, due);
        try {
            begin = turns.now();
            if (begin - end >= 0) {
                throw Deadline.exceeded(options);
            }
            hasRun = true;
            return run.get();
        } finally {
            giveBack(hasRun ? turns.now() - begin : 0);
        }
    }

    private void takePlace(CallSize size, long due) {
        lock.lock();
        try {
            next.size = size;
            next.due = due;
            next.waits = true;
            turns.added(lane);
            while (!lane.hasPlace()) {
                lane.changed().awaitUninterruptibly();
            }
            next.waits = false;
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(long nanos) {
        lock.lock();
        try {
            if (nanos > 0) {
                nanosPerRun += LAST_RUN * (nanos - nanosPerRun);
            }
            turns.giveBack(lane, nanos);
        } finally {
            lock.unlock();
        }
    }

    /** Runs what waits, and stops. */
    @Override
    public void close() {
        thread.close();
        lock.lock();
        try {
            turns.close(lane);
        } finally {
            lock.unlock();
        }
    }
}

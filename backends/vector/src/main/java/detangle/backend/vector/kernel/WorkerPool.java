package detangle.backend.vector.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads that kernels share: persistent daemon threads that spin for a moment after work and park when idle. The
 * caller works as well. One parallel section runs at a time; a caller that finds the pool busy, or that is inside a
 * section already, does its work alone.
 */
public final class WorkerPool {
    /** The property that sets the number of threads, the caller included; all processors by default. */
    public static final String THREADS = "detangle.threads";

    public static final WorkerPool SHARED = new WorkerPool(
            Math.max(1, Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors())));

    /** How long a worker spins for the next section before it parks: a few kernels of a forward pass. */
    private static final int SPINS = 200_000;

    private static final int SPINS_PER_PAUSE = 64;

    /** More than the workers of any pool. */
    private static final long WIDTH = 1 << 16;

    /** The tasks of a section. */
    @FunctionalInterface
    public interface Task {
        void run(int index);
    }

    private final Thread[] workers;
    private volatile int threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger active = new AtomicInteger();

    /** The number of the section, times {@link #WIDTH}, plus how many workers take part: read as one. */
    private volatile long section;

    /** By worker, 1 while it is parked or about to. */
    private final AtomicIntegerArray parked;

    private Task task;
    private int tasks;
    private volatile Throwable failure;

    WorkerPool(int threads) {
        this.threads = threads;
        this.workers = new Thread[threads - 1];
        this.parked = new AtomicIntegerArray(threads);
        for (int i = 0; i < workers.length; i++) {
            int worker = i + 1;
            workers[i] = Thread.ofPlatform()
                    .daemon()
                    .name("detangle-worker-" + worker)
                    .unstarted(() -> work(worker));
            workers[i].start();
        }
    }

    /** How many threads work, the caller included. */
    public int threads() {
        return threads;
    }

    /** Lets fewer threads work than the pool has, from the next section on. */
    public void limit(int count) {
        if (count < 1 || count > workers.length + 1) {
            throw new IllegalArgumentException(count + " threads of a pool of " + (workers.length + 1));
        }
        threads = count;
    }

    /** Runs tasks {@code 0..count-1}, in any order, and returns when all have ended; throws what one of them threw. */
    public void run(int count, Task body) {
        int helpers = threads - 1;
        if (count == 1 || helpers == 0 || lock.isHeldByCurrentThread() || !lock.tryLock()) {
            for (int i = 0; i < count; i++) {
                body.run(i);
            }
            return;
        }
        try {
            task = body;
            tasks = count;
            failure = null;
            next.set(0);
            active.set(helpers);
            section = (section / WIDTH + 1) * WIDTH + helpers;
            for (int i = 0; i < helpers; i++) {
                if (parked.get(i) != 0) {
                    LockSupport.unpark(workers[i]);
                }
            }
            take(body, count);
            int spins = 0;
            while (active.get() > 0) {
                relax(++spins);
            }
            task = null;
            if (failure != null) {
                throw propagate(failure);
            }
        } finally {
            lock.unlock();
        }
    }

    private void take(Task body, int count) {
        try {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                body.run(i);
            }
        } catch (RuntimeException | Error e) {
            next.set(count);
            failure = e;
        }
    }

    private static RuntimeException propagate(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return (RuntimeException) failure;
    }

    /** Seldom a pause: a hypervisor that sees many in a row takes the processor away for some ten microseconds. */
    private static void relax(int spins) {
        if (spins % SPINS_PER_PAUSE == 0) {
            Thread.onSpinWait();
        }
    }

    private void work(int worker) {
        long seen = 0;
        while (true) {
            int spins = 0;
            while (section == seen) {
                if (spins < SPINS) {
                    relax(++spins);
                } else {
                    // Said before the last look, so that whoever begins a section meanwhile sees it.
                    parked.set(worker - 1, 1);
                    if (section == seen) {
                        LockSupport.park(this);
                    }
                    parked.set(worker - 1, 0);
                }
            }
            seen = section;
            if (worker <= seen % WIDTH) {
                take(task, tasks);
                active.decrementAndGet();
            }
        }
    }
}

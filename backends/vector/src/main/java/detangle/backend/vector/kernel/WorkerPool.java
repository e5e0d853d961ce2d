package detangle.backend.vector.kernel;

import detangle.backend.processor.ThreadCount;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that kernels share: persistent daemon threads that spin for a moment after work and park when idle. The
 * caller works as well. Several callers share what there is: one that is alone has all workers, and no more threads
 * compute than the pool has, callers that {@link #enter} included.
 */
public final class WorkerPool {
    public static final WorkerPool SHARED = new WorkerPool(ThreadCount.chosen().threads());

    /** How long a worker spins for the next section before it parks: a few kernels of a forward pass. */
    private static final int SPINS = 200_000;

    private static final int SPINS_PER_PAUSE = 64;

    /** The tasks of a section. */
    @FunctionalInterface
    public interface Task {
        void run(int index);
    }

    /** What a caller and its workers do together; a caller uses one again and again. */
    private static final class Section {
        private static final ThreadLocal<Section> OF_CALLER = ThreadLocal.withInitial(Section::new);

        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger active = new AtomicInteger();
        private Task task;
        private int tasks;
        private boolean open;
        private volatile Throwable failure;

        void take() {
            try {
                for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                    task.run(i);
                }
            } catch (RuntimeException | Error e) {
                next.set(tasks);
                failure = e;
            }
        }
    }

    private final Thread[] workers;

    /** By worker, what it works on or is to begin. */
    private final AtomicReferenceArray<Section> sections;

    /** By worker, 1 while a caller may have it. */
    private final AtomicIntegerArray idle;

    /** By worker, 1 while it is parked or about to. */
    private final AtomicIntegerArray parked;

    /** One for each thread that may compute. Fair, so that callers who wait come in turn. */
    private final Semaphore permits;

    private volatile int threads;

    WorkerPool(int threads) {
        this.threads = threads;
        this.permits = new Semaphore(threads, true);
        this.workers = new Thread[threads - 1];
        this.sections = new AtomicReferenceArray<>(workers.length);
        this.idle = new AtomicIntegerArray(workers.length);
        this.parked = new AtomicIntegerArray(workers.length);
        for (int i = 0; i < workers.length; i++) {
            int worker = i;
            idle.set(worker, 1);
            workers[i] = Thread.ofPlatform()
                    .daemon()
                    .name("detangle-worker-" + (worker + 1))
                    .unstarted(() -> work(worker));
            workers[i].start();
        }
    }

    /** How many threads work, the caller included. */
    public int threads() {
        return threads;
    }

    /** Lets fewer threads work than the pool has, once those that work have ended. */
    public synchronized void limit(int count) {
        if (count < 1 || count > workers.length + 1) {
            throw new IllegalArgumentException(count + " threads of a pool of " + (workers.length + 1));
        }
        if (count < threads) {
            permits.acquireUninterruptibly(threads - count);
        } else {
            permits.release(count - threads);
        }
        threads = count;
    }

    /** Before a forward pass: waits while as many threads compute as may. */
    public void enter() {
        permits.acquireUninterruptibly();
    }

    /** After it. */
    public void leave() {
        permits.release();
    }

    /**
     * Runs tasks {@code 0..count-1}, in any order, and returns when all have ended; throws what one of them threw. A
     * section inside a section is the caller's alone.
     */
    public void run(int count, Task body) {
        Section section = Section.OF_CALLER.get();
        if (count <= 1 || threads == 1 || section.open) {
            for (int i = 0; i < count; i++) {
                body.run(i);
            }
            return;
        }
        section.open = true;
        section.task = body;
        section.tasks = count;
        section.failure = null;
        section.next.set(0);
        share(section, Math.min(threads, count) - 1);
        section.take();
        int spins = 0;
        while (section.active.get() > 0) {
            relax(++spins);
        }
        section.open = false;
        section.task = null;
        if (section.failure != null) {
            throw propagate(section.failure);
        }
    }

    /** Gives a section as many workers as are free; none while another caller waits to begin. */
    private void share(Section section, int most) {
        int helpers = 0;
        for (int i = 0; i < workers.length && helpers < most && !permits.hasQueuedThreads(); i++) {
            if (idle.get(i) == 0 || !idle.compareAndSet(i, 1, 0)) {
                continue;
            }
            if (!permits.tryAcquire()) {
                idle.set(i, 1);
                return;
            }
            helpers++;
            section.active.incrementAndGet();
            sections.set(i, section);
            if (parked.get(i) != 0) {
                LockSupport.unpark(workers[i]);
            }
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
        while (true) {
            Section section = sections.get(worker);
            for (int spins = 0; section == null; section = sections.get(worker)) {
                if (spins < SPINS) {
                    relax(++spins);
                } else {
                    // Said before the last look, so that whoever begins a section meanwhile sees it.
                    parked.set(worker, 1);
                    if (sections.get(worker) == null) {
                        LockSupport.park(this);
                    }
                    parked.set(worker, 0);
                }
            }
            section.take();
            sections.set(worker, null);
            idle.set(worker, 1);
            permits.release();
            section.active.decrementAndGet();
        }
    }
}

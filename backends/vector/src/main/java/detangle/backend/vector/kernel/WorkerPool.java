package detangle.backend.vector.kernel;

import detangle.backend.processor.ThreadCount;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The threads that kernels share: persistent daemon threads. The caller works as well, and takes over whatever no
 * worker has begun, so that a worker without a processor delays it by no more than the task that it is in. Several
 * callers share the workers: one that is alone has all workers, and no more threads compute than the pool has,
 * callers that {@link #enter} included. Threads wait for each other by {@link Waiting}.
 */
public final class WorkerPool {
    public static final WorkerPool SHARED = new WorkerPool(ThreadCount.chosen().threads());

    /** The tasks of a section. */
    @FunctionalInterface
    public interface Task {
        void run(int index);
    }

    /** The work that a caller and its workers share; a caller uses one again and again. */
    private static final class Section {
        private static final ThreadLocal<Section> OF_CALLER = ThreadLocal.withInitial(Section::new);

        /** Stands for a section that a worker has begun, so that its caller cannot take it back. */
        private static final Section BEGUN = new Section();

        private final AtomicInteger next = new AtomicInteger();

        /** The workers that have the section, whether they have begun or not. */
        private final AtomicInteger active = new AtomicInteger();

        private final Waiting waiting = new Waiting();
        private final BooleanSupplier hasEnded = () -> active.get() == 0;
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

    /** A thread of the pool. */
    private final class Worker implements Runnable {
        /** The section that it is to begin, or {@link Section#BEGUN}; null while a caller may have it. */
        private final AtomicReference<Section> section = new AtomicReference<>();

        private final Waiting waiting = new Waiting();

        @Override
        public void run() {
            BooleanSupplier hasSection = () -> section.get() != null;
            while (true) {
                waiting.until(hasSection);
                Section begun = section.getAndUpdate(s -> s == null ? null : Section.BEGUN);
                if (begun != null) {
                    begun.take();
                    section.set(null);
                    permits.release();
                    begun.active.decrementAndGet();
                    begun.waiting.wake();
                }
            }
        }
    }

    private final Worker[] workers;

    /** A permit for each thread that may compute. The semaphore is fair, so that callers who wait come in turn. */
    private final Semaphore permits;

    private volatile int threads;

    private final AtomicLong passes = new AtomicLong();

    WorkerPool(int threads) {
        this(threads, Thread.ofPlatform().daemon().name("detangle-worker-", 1).factory());
    }

    WorkerPool(int threads, ThreadFactory factory) {
        this.threads = threads;
        this.permits = new Semaphore(threads, true);
        this.workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker();
            factory.newThread(workers[i]).start();
        }
    }

    /** Returns how many threads work, the caller included. */
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

    /** Begins a forward pass: waits while as many threads compute as may. */
    public void enter() {
        passes.incrementAndGet();
        permits.acquireUninterruptibly();
    }

    /** Returns how many forward passes have begun. */
    long passes() {
        return passes.get();
    }

    /** Ends a forward pass: returns the permit that {@link #enter} took. */
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
        takeBack(section);
        section.waiting.until(section.hasEnded);
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
            Worker worker = workers[i];
            if (worker.section.get() != null) {
                continue;
            }
            if (!permits.tryAcquire()) {
                return;
            }
            section.active.incrementAndGet();
            if (worker.section.compareAndSet(null, section)) {
                helpers++;
                worker.waiting.wake();
            } else {
                section.active.decrementAndGet();
                permits.release();
            }
        }
    }

    /** Frees the workers that have not begun, as those that have no processor: there is nothing left for them. */
    private void takeBack(Section section) {
        for (int i = 0; i < workers.length && section.active.get() > 0; i++) {
            if (workers[i].section.compareAndSet(section, null)) {
                permits.release();
                section.active.decrementAndGet();
            }
        }
    }

    private static RuntimeException propagate(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return (RuntimeException) failure;
    }
}

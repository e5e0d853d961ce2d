package detangle.pipelines;

import detangle.ir.InternalException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Runs work that callers cannot share a batch for, one piece after the other in the order in which callers come: runs
 * of a model with inputs of another form, and programs behind an encoder. Only one caller at a time therefore takes
 * memory for it. A caller waits no longer than its deadline.
 */
final class RunQueue implements AutoCloseable {
    private final DynamicBatching options;
    private final ThreadPoolExecutor thread;

    RunQueue(DynamicBatching options) {
        this.options = options;
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.MINUTES,
                new LinkedBlockingQueue<>(options.maxWaiting()),
                Thread.ofPlatform().daemon().name("detangle-runs").factory());
        thread.allowCoreThreadTimeOut(true);
    }

    /** Returns the result of a run; waits for its turn. */
    <T> T run(Supplier<T> run) {
        long left = Deadline.end(options) - System.nanoTime();
        if (left <= 0) {
            throw Deadline.exceeded(options);
        }
        Future<T> result;
        try {
            result = thread.submit(run::get);
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
            // A run that has begun cannot be stopped; a waiting one is dropped.
            if (result.cancel(false)) {
                thread.purge();
            }
        }
    }

    /** Runs the waiting work, and stops. */
    @Override
    public void close() {
        thread.close();
    }
}

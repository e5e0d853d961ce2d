package detangle.pipelines;

import detangle.ir.InternalException;
import detangle.models.text.Encoding;
import detangle.pipelines.CallQueue.Item;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects what several threads want to be run, and runs it in batches. Calls of few tokens and calls of many have a
 * lane each, which run at the same time and share the device's threads: whoever asks little never waits for a batch of
 * somebody who asks a lot.
 */
final class TokenBatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenBatcher.class);

    /** A call with more tokens than these, all its encodings together, runs in the lane of long calls. */
    static final int SHORT_CALL = 256;

    /**
     * Tokens of a batch of long calls. A batch gives its threads back after each kernel at the earliest, so a short
     * call that comes meanwhile waits for as long as a kernel takes for these. More tokens would gain little.
     */
    private static final int LONG_BATCH = 2048;

    /**
     * The same while short calls come, which then wait less. Batches of so few tokens answer long calls at a lower
     * rate.
     */
    private static final int LONG_BATCH_BESIDE_SHORT_CALLS = 512;

    /** The nanoseconds after a short call in which others are expected. */
    private static final long SHORT_CALL_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final DynamicBatching options;
    private final int maxSequences;
    private final Function<List<Encoding>, List<Row>> model;
    private final ToIntFunction<Encoding> cost;
    private final ReentrantLock lock = new ReentrantLock();
    private final Lane shortCalls;
    private final Lane longCalls;
    private boolean closed;

    /** The time of the last short call, as of {@link System#nanoTime}. */
    private long lastShortCall = System.nanoTime() - SHORT_CALL_MEMORY_NANOS;

    /** A queue, and the thread that runs its batches one after the other. */
    private final class Lane {
        private final CallQueue queue = new CallQueue();
        private final Condition changed = lock.newCondition();
        private final IntSupplier maxTokens;
        private final Thread worker;

        /** @param maxTokens of the next batch; asked while the lock is held */
        Lane(String name, IntSupplier maxTokens) {
            this.maxTokens = maxTokens;
            this.worker = Thread.ofPlatform().daemon().name(name).unstarted(this::work);
        }

        private void work() {
            for (List<Item> batch = next(); !batch.isEmpty(); batch = next()) {
                long begin = System.nanoTime();
                run(batch, true);
                tell(batch, Duration.ofNanos(System.nanoTime() - begin));
            }
        }

        /** Returns what is run next; empty once it is closed and everything is done. */
        private List<Item> next() {
            lock.lock();
            try {
                while (true) {
                    List<Item> batch = queue.take(maxTokens.getAsInt(), maxSequences);
                    if (!batch.isEmpty() || closed) {
                        return batch;
                    }
                    changed.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Starts the threads that run batches.
     *
     * @param maxSequences of a batch
     * @param model what it says of each encoding of a batch, also on two threads at once
     * @param cost how many tokens an encoding counts as
     */
    TokenBatcher(
            DynamicBatching options,
            int maxSequences,
            Function<List<Encoding>, List<Row>> model,
            ToIntFunction<Encoding> cost) {
        this.options = options;
        this.maxSequences = maxSequences;
        this.model = model;
        this.cost = cost;
        this.shortCalls = new Lane("detangle-batches", options::maxBatchTokens);
        this.longCalls = new Lane("detangle-long-batches", this::longBatch);
        shortCalls.worker.start();
        longCalls.worker.start();
    }

    private int longBatch() {
        boolean beside = System.nanoTime() - lastShortCall < SHORT_CALL_MEMORY_NANOS;
        return Math.min(options.maxBatchTokens(), beside ? LONG_BATCH_BESIDE_SHORT_CALLS : LONG_BATCH);
    }

    /** Returns what the model says of each encoding; waits for its turn. */
    List<Row> run(List<Encoding> encodings) {
        long end = Deadline.end(options);
        List<Item> items = encodings.stream()
                .map(encoding -> new Item(encoding, cost.applyAsInt(encoding)))
                .toList();
        submit(items);
        List<Row> rows = new ArrayList<>();
        try {
            for (Item item : items) {
                rows.add(item.row().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS));
            }
        } catch (TimeoutException e) {
            throw Deadline.exceeded(options);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new InternalException("a batch has failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineException("interrupted while waiting");
        } finally {
            // Nobody waits for what is left.
            items.forEach(item -> item.row().cancel(false));
        }
        return rows;
    }

    /** Refuses a call of more encodings than may wait. */
    void requireRoom(long encodings) {
        if (encodings > options.maxWaiting()) {
            throw new PipelineException("what is asked is " + encodings + " texts or windows of texts, and at most "
                    + options.maxWaiting() + " may wait: ask less at once, or with windows that share less (stride)");
        }
    }

    private void submit(List<Item> items) {
        requireRoom(items.size());
        long tokens = items.stream().mapToLong(Item::tokens).sum();
        Lane lane = tokens > SHORT_CALL ? longCalls : shortCalls;
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            shortCalls.queue.dropDone();
            longCalls.queue.dropDone();
            if (waiting() + items.size() > options.maxWaiting()) {
                throw new OverloadedException(
                        waiting() + " texts wait, and at most " + options.maxWaiting() + " may: try again later");
            }
            if (lane == shortCalls) {
                lastShortCall = System.nanoTime();
            }
            lane.queue.add(items);
            lane.changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many encodings wait to be run. */
    int waiting() {
        lock.lock();
        try {
            return shortCalls.queue.size() + longCalls.queue.size();
        } finally {
            lock.unlock();
        }
    }

    private void run(List<Item> batch, boolean first) {
        try {
            List<Row> rows = model.apply(batch.stream().map(Item::encoding).toList());
            for (int row = 0; row < batch.size(); row++) {
                batch.get(row).row().complete(rows.get(row));
            }
        } catch (RuntimeException | Error e) {
            if (first && batch.size() > 1) {
                // One that cannot be run must not fail the others.
                batch.forEach(item -> run(List.of(item), false));
            } else {
                batch.forEach(item -> item.row().completeExceptionally(e));
            }
        }
    }

    /** Tells the listener, whose own faults are not those of the batches to come. */
    private void tell(List<Item> batch, Duration time) {
        try {
            int tokens = batch.stream().mapToInt(i -> i.encoding().length()).sum();
            options.listener().accept(new DynamicBatching.Report(batch.size(), tokens, waiting(), time));
        } catch (RuntimeException | Error e) {
            LOG.error("the listener of batches has failed", e);
        }
    }

    /** Runs what waits, and stops. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            shortCalls.changed.signalAll();
            longCalls.changed.signalAll();
        } finally {
            lock.unlock();
        }
        join(shortCalls.worker);
        join(longCalls.worker);
    }

    private static void join(Thread worker) {
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

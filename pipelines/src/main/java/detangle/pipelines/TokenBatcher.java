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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects what several threads want to be run, and runs it in batches. Calls of few tokens and calls of many have a
 * lane each. {@link BatchTurns} says whose turn it is, among the lanes of all models of a device.
 */
final class TokenBatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenBatcher.class);

    /**
     * Tokens of a batch: more would gain little on a processor. A batch gives its threads back after each kernel at
     * the earliest, so a short call that comes meanwhile waits for as long as a kernel takes for these.
     */
    private static final int BATCH_TOKENS = 2048;

    /**
     * The same of long calls while short ones come, which then wait less. Batches of so few tokens answer long calls at
     * a lower rate.
     */
    private static final int LONG_BATCH_BESIDE_SHORT_CALLS = 512;

    /** A batch of short calls may have more tokens where a device computes them in this time. */
    private static final double BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The nanoseconds that a token is assumed to take before the first batch. */
    private static final double FIRST_NANOS_PER_TOKEN = 100_000;

    /** The weight of the last batch in what a token takes. */
    private static final double LAST_BATCH = 0.2;

    /** A batch counts as at most so many times what was expected of it, since a first one may compile kernels. */
    private static final double MAX_SURPRISE = 4;

    private final DynamicBatching options;
    private final int maxSequences;
    private final Function<List<Encoding>, List<Row>> model;
    private final ToIntFunction<Encoding> cost;
    private final BatchTurns turns;
    private final ReentrantLock lock;
    private final Worker shortCalls;
    private final Worker longCalls;
    private double nanosPerToken = FIRST_NANOS_PER_TOKEN;
    private boolean closed;

    /** A lane, and the thread that runs its batches one after the other. */
    private final class Worker {
        private final BatchTurns.Lane lane;
        private final IntSupplier maxTokens;
        private final Thread thread;

        /** @param maxTokens of the next batch; asked while the lock is held */
        Worker(String name, CallSize size, IntSupplier maxTokens) {
            this.lane = turns.open(size);
            this.maxTokens = maxTokens;
            this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::work);
        }

        private void work() {
            while (runsNext()) {}
        }

        /** Runs the next batch; returns false once there is none, as it is closed. */
        private boolean runsNext() {
            List<Item> batch = List.of();
            try {
                batch = next();
                if (batch.isEmpty()) {
                    return false;
                }
                long begin = turns.now();
                boolean isWhole = run(batch, true);
                long nanos = turns.now() - begin;
                ran(batch, nanos, isWhole);
                tell(batch, Duration.ofNanos(nanos));
            } catch (RuntimeException | Error e) {
                giveUp(batch, e);
            }
            return true;
        }

        /** Fails a batch and goes on: the thread serves all calls to come, and its place belongs to all models. */
        private void giveUp(List<Item> batch, Throwable fault) {
            lock.lock();
            try {
                if (lane.hasPlace()) {
                    turns.giveBack(lane, 0);
                }
            } finally {
                lock.unlock();
            }
            batch.forEach(item -> item.row().completeExceptionally(fault));
            LOG.error("a batch could not be run", fault);
        }

        /** Returns what is run next, once it is its turn; empty once it is closed and everything is done. */
        private List<Item> next() {
            lock.lock();
            try {
                while (true) {
                    if (lane.hasPlace()) {
                        List<Item> batch = lane.queue().take(maxTokens.getAsInt(), maxSequences);
                        if (!batch.isEmpty()) {
                            return batch;
                        }
                        turns.giveBack(lane, 0);
                    }
                    if (closed && lane.queue().isEmpty()) {
                        turns.close(lane);
                        return List.of();
                    }
                    lane.changed().awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }

        /** @param isWhole whether the batch ran as one and without a fault, so that its time says what a token takes */
        private void ran(List<Item> batch, long nanos, boolean isWhole) {
            lock.lock();
            try {
                if (isWhole) {
                    long tokens = batch.stream().mapToLong(Item::tokens).sum();
                    double measured = Math.min((double) nanos / Math.max(1, tokens), MAX_SURPRISE * nanosPerToken);
                    nanosPerToken += LAST_BATCH * (measured - nanosPerToken);
                }
                turns.giveBack(lane, nanos);
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
     * @param turns of the device
     */
    TokenBatcher(
            DynamicBatching options,
            int maxSequences,
            Function<List<Encoding>, List<Row>> model,
            ToIntFunction<Encoding> cost,
            BatchTurns turns) {
        this.options = options;
        this.maxSequences = maxSequences;
        this.model = model;
        this.cost = cost;
        this.turns = turns;
        this.lock = turns.lock();
        lock.lock();
        try {
            this.shortCalls = new Worker("detangle-batches", CallSize.SHORT, this::shortBatch);
            this.longCalls = new Worker("detangle-long-batches", CallSize.LONG, this::longBatch);
        } finally {
            lock.unlock();
        }
        shortCalls.thread.start();
        longCalls.thread.start();
    }

    private int shortBatch() {
        return (int) Math.min(options.maxBatchTokens(), Math.max(BATCH_TOKENS, BATCH_NANOS / nanosPerToken));
    }

    private int longBatch() {
        return Math.min(
                options.maxBatchTokens(), turns.expectsShortCalls() ? LONG_BATCH_BESIDE_SHORT_CALLS : BATCH_TOKENS);
    }

    /** Returns what the model says of each encoding; waits for its turn. */
    List<Row> run(List<Encoding> encodings) {
        long end = Deadline.end(options);
        List<Item> items = submit(encodings, Duration.ofNanos(end - System.nanoTime()));
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
            throw new PipelineException("the request has " + encodings + " texts or windows of texts, and at most "
                    + options.maxWaiting() + " may wait: ask less at once, or with windows that share less (stride)");
        }
    }

    /** @param left how long the caller waits for it */
    private List<Item> submit(List<Encoding> encodings, Duration left) {
        requireRoom(encodings.size());
        int[] tokens = encodings.stream().mapToInt(cost).toArray();
        Worker worker =
                CallSize.of(IntStream.of(tokens).asLongStream().sum()) == CallSize.LONG ? longCalls : shortCalls;
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            shortCalls.lane.queue().dropDone();
            longCalls.lane.queue().dropDone();
            if (waiting() + encodings.size() > options.maxWaiting()) {
                throw new OverloadedException(
                        waiting() + " texts wait, and at most " + options.maxWaiting() + " may: try again later");
            }
            List<Item> items = new ArrayList<>();
            double all = nanosPerToken * IntStream.of(tokens).asLongStream().sum();
            double nanos = 0;
            for (int i = 0; i < tokens.length; i++) {
                nanos += nanosPerToken * tokens[i];
                items.add(new Item(encodings.get(i), tokens[i], turns.due(nanos, all, left.toNanos())));
            }
            turns.add(worker.lane, items);
            return items;
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many encodings wait to be run. */
    int waiting() {
        lock.lock();
        try {
            return shortCalls.lane.queue().size() + longCalls.lane.queue().size();
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether the model has answered the batch as one. */
    private boolean run(List<Item> batch, boolean first) {
        try {
            List<Row> rows = model.apply(batch.stream().map(Item::encoding).toList());
            for (int row = 0; row < batch.size(); row++) {
                batch.get(row).row().complete(rows.get(row));
            }
            return true;
        } catch (RuntimeException | Error e) {
            if (first && batch.size() > 1) {
                // One that cannot be run must not fail the others.
                batch.forEach(item -> run(List.of(item), false));
            } else {
                batch.forEach(item -> item.row().completeExceptionally(e));
            }
            return false;
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
            shortCalls.lane.changed().signalAll();
            longCalls.lane.changed().signalAll();
        } finally {
            lock.unlock();
        }
        join(shortCalls.thread);
        join(longCalls.thread);
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

package detangle.pipelines;

import detangle.ir.InternalException;
import detangle.ir.Tensor;
import detangle.models.text.Encoding;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** Collects what several threads want to be run, and runs it in batches in the order in which it came. */
final class TokenBatcher implements AutoCloseable {
    private final DynamicBatching options;
    private final int maxSequences;
    private final Function<List<Encoding>, Map<String, Tensor>> model;
    private final Deque<Item> waiting = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread worker;
    private boolean closed;

    private record Item(Encoding encoding, CompletableFuture<Row> row) {}

    /**
     * Starts the thread that runs batches.
     *
     * @param maxSequences of a batch
     * @param model runs a batch
     */
    TokenBatcher(DynamicBatching options, int maxSequences, Function<List<Encoding>, Map<String, Tensor>> model) {
        this.options = options;
        this.maxSequences = maxSequences;
        this.model = model;
        this.worker = Thread.ofPlatform().daemon().name("detangle-batches").start(this::work);
    }

    /** What the model says of each encoding; waits for its turn. */
    List<Row> run(List<Encoding> encodings) {
        List<Item> items = encodings.stream()
                .map(e -> new Item(e, new CompletableFuture<>()))
                .toList();
        submit(items);
        long end = System.nanoTime() + options.deadline().toNanos();
        List<Row> rows = new ArrayList<>();
        try {
            for (Item item : items) {
                rows.add(item.row.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS));
            }
        } catch (TimeoutException e) {
            throw new DeadlineException("not done within " + options.deadline().toMillis() + " ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new InternalException("a batch has failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineException("interrupted while waiting");
        } finally {
            // Nobody waits for what is left.
            items.forEach(item -> item.row.cancel(false));
        }
        return rows;
    }

    private void submit(List<Item> items) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            waiting.removeIf(item -> item.row.isDone());
            if (waiting.size() + items.size() > options.maxWaiting()) {
                throw new OverloadedException(
                        waiting.size() + " texts wait, and at most " + options.maxWaiting() + " may: try again later");
            }
            waiting.addAll(items);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        for (List<Item> batch = next(); !batch.isEmpty(); batch = next()) {
            long begin = System.nanoTime();
            run(batch, true);
            int tokens = batch.stream().mapToInt(i -> i.encoding.length()).sum();
            options.listener()
                    .accept(new DynamicBatching.Report(
                            batch.size(), tokens, waiting(), Duration.ofNanos(System.nanoTime() - begin)));
        }
    }

    private int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** What is run next; empty once it is closed and everything is done. */
    private List<Item> next() {
        lock.lock();
        try {
            List<Item> batch = new ArrayList<>();
            while (batch.isEmpty()) {
                while (waiting.isEmpty()) {
                    if (closed) {
                        return batch;
                    }
                    changed.awaitUninterruptibly();
                }
                take(batch);
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void take(List<Item> batch) {
        int tokens = 0;
        while (!waiting.isEmpty() && batch.size() < maxSequences) {
            Item item = waiting.peek();
            if (item.row.isDone()) { // Its deadline has passed.
                waiting.remove();
                continue;
            }
            tokens += item.encoding.length();
            if (!batch.isEmpty() && tokens > options.maxBatchTokens()) {
                return;
            }
            batch.add(waiting.remove());
        }
    }

    private void run(List<Item> batch, boolean first) {
        Map<String, Tensor> outputs;
        try {
            outputs = model.apply(batch.stream().map(Item::encoding).toList());
        } catch (RuntimeException | Error e) {
            if (first && batch.size() > 1) {
                // One that cannot be run must not fail the others.
                batch.forEach(item -> run(List.of(item), false));
            } else {
                batch.forEach(item -> item.row.completeExceptionally(e));
            }
            return;
        }
        for (int row = 0; row < batch.size(); row++) {
            Item item = batch.get(row);
            item.row.complete(new Row(outputs, row, item.encoding.length()));
        }
    }

    /** Runs what waits, and stops. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
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

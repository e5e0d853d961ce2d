package detangle.pipelines;

import detangle.backend.processor.ThreadCount;
import detangle.ir.InternalException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Encodes the texts of callers that may be thousands of threads. A long text is encoded by one of a few threads, in
 * the order in which they come: a caller of many texts has one of them in that order at a time, and stops when its
 * deadline passes.
 */
final class TextEncoder implements AutoCloseable {
    /** A text with no more characters than these is encoded by its caller, in less time than handing it over takes. */
    private static final int SHORT_TEXT_CHARACTERS = 1024;

    private final DynamicBatching options;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            Math.max(1, ThreadCount.chosen().threads() - 1),
            Thread.ofPlatform().daemon().name("detangle-texts-", 0).factory());

    TextEncoder(DynamicBatching options) {
        this.options = options;
    }

    /**
     * Returns what {@code encode} makes of a text.
     *
     * @param <T> an encoding, or several with what else is known of them
     * @param characters the text's
     */
    <T> T encode(int characters, Supplier<T> encode) {
        long left = Deadline.end(options) - System.nanoTime();
        if (left <= 0) {
            throw Deadline.exceeded(options);
        }
        if (characters <= SHORT_TEXT_CHARACTERS) {
            // Virtual threads share few threads, and keep one until they wait for something.
            Thread.yield();
            return encode.get();
        }
        Future<T> encoding;
        try {
            encoding = threads.submit(encode::get);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("the model is closed", e);
        }
        try {
            return encoding.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw Deadline.exceeded(options);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineException("interrupted while waiting");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new InternalException("a text could not be encoded", e.getCause());
        } finally {
            encoding.cancel(false);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}

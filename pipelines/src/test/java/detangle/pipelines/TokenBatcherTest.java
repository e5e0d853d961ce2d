package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.InternalException;
import detangle.ir.Tensor;
import detangle.models.text.Encoding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What threads ask at the same time, with a model that is a function. */
class TokenBatcherTest {
    private static final DynamicBatching OPTIONS = DynamicBatching.DEFAULT;

    /** Whether the model runs. */
    private final CountDownLatch begun = new CountDownLatch(1);

    private LongSupplier clock = System::nanoTime;

    private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());

    /** An encoding that is known by its length. */
    private static Encoding encoding(int length) {
        int[] zeros = new int[length];
        return new Encoding(zeros, zeros, Collections.nCopies(length, "a"), zeros, zeros, zeros, zeros);
    }

    private static List<Encoding> encodings(int... lengths) {
        return Arrays.stream(lengths).mapToObj(TokenBatcherTest::encoding).toList();
    }

    /** Says of each encoding how long it is. */
    private Map<String, Tensor> lengths(List<Encoding> batch) {
        batches.add(batch.stream().map(Encoding::length).toList());
        float[] values = new float[batch.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = batch.get(i).length();
        }
        return Map.of("length", Tensor.of(values, values.length, 1));
    }

    private static List<Integer> answer(TokenBatcher batcher, int... lengths) {
        return batcher.run(encodings(lengths)).stream()
                .map(row -> (int) row.values("length")[0])
                .toList();
    }

    private TokenBatcher batcher(DynamicBatching options, Function<List<Encoding>, Map<String, Tensor>> model) {
        Function<List<Encoding>, List<Row>> rows = batch -> {
            Map<String, Tensor> outputs = model.apply(batch);
            return IntStream.range(0, batch.size())
                    .mapToObj(row -> new Row(outputs, row, batch.get(row).length()))
                    .toList();
        };
        return new TokenBatcher(options, 32, rows, Encoding::length, new BatchTurns(2, clock));
    }

    /** Each waits for the latch in the model; the first one of a lane runs, the others wait in its queue. */
    private Function<List<Encoding>, Map<String, Tensor>> after(CountDownLatch latch) {
        return batch -> {
            begun.countDown();
            try {
                assertTrue(latch.await(30, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return lengths(batch);
        };
    }

    private static CompletableFuture<List<Integer>> ask(TokenBatcher batcher, int... lengths) {
        return CompletableFuture.supplyAsync(() -> answer(batcher, lengths), Thread::startVirtualThread);
    }

    private static void untilWaiting(TokenBatcher batcher, int count) throws InterruptedException {
        for (int i = 0; i < 3000 && batcher.waiting() != count; i++) {
            Thread.sleep(10);
        }
        assertEquals(count, batcher.waiting());
    }

    /** While a long call runs, and more of them wait, a short one is answered. */
    @Test
    void shortCallsDoNotWaitForLongOnes() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        Function<List<Encoding>, Map<String, Tensor>> held = after(latch);
        try (TokenBatcher batcher = batcher(
                OPTIONS.withMaxBatchTokens(512),
                batch -> batch.getFirst().length() > 100 ? held.apply(batch) : lengths(batch))) {
            CompletableFuture<List<Integer>> running = ask(batcher, 500, 500, 500, 500, 500);
            untilWaiting(batcher, 4);
            CompletableFuture<List<Integer>> waiting = ask(batcher, 501, 501);
            untilWaiting(batcher, 6);
            assertEquals(List.of(7, 8), answer(batcher, 7, 8));
            latch.countDown();
            assertEquals(List.of(500, 500, 500, 500, 500), running.get());
            assertEquals(List.of(501, 501), waiting.get());
        }
    }

    /** A call of one text is not behind the other texts of a call that came before. */
    @Test
    void aSmallerCallComesBeforeWhatIsLeftOfALargerOne() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        try (TokenBatcher batcher = batcher(OPTIONS.withMaxBatchTokens(512), after(latch))) {
            int[] many = new int[20];
            Arrays.fill(many, 500);
            CompletableFuture<List<Integer>> first = ask(batcher, many);
            untilWaiting(batcher, 19);
            CompletableFuture<List<Integer>> second = ask(batcher, 300);
            untilWaiting(batcher, 20);
            latch.countDown();
            assertEquals(List.of(300), second.get());
            first.get();
        }
        assertEquals(List.of(List.of(500), List.of(300), List.of(500), List.of(500)), batches.subList(0, 4));
    }

    /** Short calls that wait do not become one batch of any length, behind which those that come then would wait. */
    @Test
    void batchesOfShortCallsHaveAnEnd() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        try (TokenBatcher batcher = batcher(OPTIONS, after(latch))) {
            CompletableFuture<List<Integer>> running = ask(batcher, 1);
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            List<CompletableFuture<List<Integer>>> waiting = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                waiting.add(ask(batcher, 200));
            }
            untilWaiting(batcher, 12);
            latch.countDown();
            running.get();
            for (CompletableFuture<List<Integer>> one : waiting) {
                assertEquals(List.of(200), one.get());
            }
        }
        assertEquals(List.of(1, 10, 2), batches.stream().map(List::size).toList());
    }

    /** Long calls are answered in large batches, and in small ones while short calls come. */
    @Test
    void longBatchesAreSmallBesideShortCalls() throws Exception {
        try (TokenBatcher batcher = batcher(OPTIONS, this::lengths)) {
            answer(batcher, 500, 500, 500, 500, 500);
            answer(batcher, 7);
            answer(batcher, 600, 600);
        }
        assertEquals(
                List.of(List.of(500, 500, 500, 500), List.of(500), List.of(7), List.of(600), List.of(600)), batches);
    }

    @Test
    void whatOneTextDoesIsItsOwn() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        Function<List<Encoding>, Map<String, Tensor>> held = after(latch);
        try (TokenBatcher batcher = batcher(OPTIONS, batch -> {
            Map<String, Tensor> answers = held.apply(batch);
            if (batch.stream().anyMatch(e -> e.length() == 13)) {
                throw new OutOfMemoryError("as large as that");
            }
            return answers;
        })) {
            CompletableFuture<List<Integer>> before = ask(batcher, 1);
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            CompletableFuture<List<Integer>> good = ask(batcher, 12);
            untilWaiting(batcher, 1);
            CompletableFuture<List<Integer>> bad = ask(batcher, 13);
            untilWaiting(batcher, 2);
            latch.countDown();
            assertEquals(List.of(1), before.get());
            assertEquals(List.of(12), good.get());
            ExecutionException failed = assertThrows(ExecutionException.class, bad::get);
            assertTrue(failed.getCause() instanceof InternalException e && e.getCause() instanceof OutOfMemoryError);
            assertEquals(List.of(14), answer(batcher, 14));
        }
    }

    /** A thread that ended would keep a place of the device for ever, and with one place every model would hang. */
    @Test
    void aFaultOutsideOfTheModelFailsItsBatchAlone() {
        AtomicBoolean fails = new AtomicBoolean(true);
        clock = () -> {
            if (Thread.currentThread().getName().startsWith("detangle-") && fails.compareAndSet(true, false)) {
                throw new OutOfMemoryError("once");
            }
            return System.nanoTime();
        };
        try (TokenBatcher batcher = batcher(OPTIONS, this::lengths)) {
            assertThrows(InternalException.class, () -> answer(batcher, 1));
            assertEquals(List.of(2), answer(batcher, 2));
        }
    }

    @Test
    void aListenerThatFailsDoesNoHarm() {
        DynamicBatching options = OPTIONS.withListener(report -> {
            throw new IllegalStateException("the listener's own fault");
        });
        try (TokenBatcher batcher = batcher(options, this::lengths)) {
            assertEquals(List.of(1), answer(batcher, 1));
            assertEquals(List.of(2), answer(batcher, 2));
        }
    }

    @Test
    void aDeadlineOfTheCallerIsKept() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        try (TokenBatcher batcher = batcher(OPTIONS, after(latch))) {
            assertThrows(
                    DeadlineException.class, () -> Deadline.within(Duration.ofMillis(20), () -> answer(batcher, 1)));
            latch.countDown();
            assertEquals(List.of(2), answer(batcher, 2));
        }
    }

    @Test
    void whatIsClosedIsNotAsked() {
        TokenBatcher batcher = batcher(OPTIONS, this::lengths);
        batcher.close();
        assertThrows(IllegalStateException.class, () -> answer(batcher, 1));
    }
}

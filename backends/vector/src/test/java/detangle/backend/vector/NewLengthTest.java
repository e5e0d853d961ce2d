package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.testing.Closeness;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The first run of a length makes nothing that its repeats do not make. Whatever would be prepared for a length, such
 * as steps, places, or a table by the interpreter, would be objects.
 */
class NewLengthTest {
    private static final int WARM_UP = 3000;
    private static final int RUNS_IN_A_ROW = 200;
    private static final Duration MAX_WARM_UP = Duration.ofMinutes(1);
    private static final int LONGEST = 300;
    private static final long MAX_BYTES = 1024;

    /** A layer as packed models have it: a table of relative positions, rows by place, and a look-up of positions. */
    private static final Program LAYER = Parser.parse("test.dtir", """
            func @f(%x: f32[S,16], %segments: i32[N], %ids: i64[S]) -> (y: f32[S,16], p: i32[S]) {
              %r = iota {axis=0, start=-S+1} : i32[2*S-1]
              %table = elementwise %r {min(max(add(a0, 4:i32), 0:i32), 8:i32)} : i32[2*S-1]
              %places = iota {axis=0, start=0} : i32[S]
              %matrix = iota {axis=1, start=0} : i32[2,S]
              %flat = reshape %matrix : i32[2*S]
              %p = gather %flat, %ids : i32[S]
              %pk = constant @"pk" : f32[2,9,8]
              %heads = reshape %x : f32[S,2,8]
              %a = packed_attention %heads, %heads, %heads, %segments, %segments, %places, %places, %pk, %table {terms=[c2c,c2p], scale=0.3, length=S} : f32[S,2,8]
              %h = reshape %a : f32[S,16]
              %w = constant @"w" : f32[16,16]
              %l = linear %h, %w {act=gelu} : f32[S,16]
              %g = constant @"g" : f32[16]
              %y = layer_norm %l, %x, %g, %g {residual, eps=1.0E-7} : f32[S,16]
              return y = %y, p = %p
            }""")
            .withConstants(Map.of("pk", floats(1, 2, 9, 8), "w", floats(2, 16, 16), "g", floats(3, 16)));

    private static Tensor floats(long seed, long... shape) {
        return Tensor.ofDoubles(
                DType.F32,
                new Random(seed).doubles(Tensor.elements(shape), -1, 1).toArray(),
                shape);
    }

    private static Map<String, Tensor> inputs(int length) {
        return Map.of(
                "x", floats(length, length, 16),
                "segments", Tensor.of(new int[] {0, length}, 2),
                "ids",
                        Tensor.of(
                                IntStream.range(0, length)
                                        .mapToLong(i -> (i * 7L) % length)
                                        .toArray(),
                                length));
    }

    private static Executable load() {
        return new VectorDevice().load(Compiler.compile(LAYER, List.of()));
    }

    private static long allocated(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** Tensors of the sizes that a run returns. */
    private static Map<String, Tensor> outputs(int length) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("y", new Tensor(DType.F32, new long[] {length, 16}, MemorySegment.ofArray(new float[length * 16])));
        outputs.put("p", new Tensor(DType.I32, new long[] {length}, MemorySegment.ofArray(new int[length])));
        return outputs;
    }

    @Test
    void aFirstRunMakesItsOutputsAndLittleElse() {
        List<Integer> lengths = new ArrayList<>(
                IntStream.rangeClosed(LONGEST / 2, LONGEST).boxed().toList());
        Collections.shuffle(lengths, new Random(5));
        List<Long> firsts = new ArrayList<>();
        List<Long> repeats = new ArrayList<>();
        int threads = WorkerPool.SHARED.threads();
        WorkerPool.SHARED.limit(
                1); // So that what is made is made by this thread, and no run waits for a thread that does not run.
        try (Executable executable = load()) {
            // Of the longest, as memory grows to that, and of others than those that are measured.
            for (int i = 0; i < WARM_UP; i++) {
                Map<String, Tensor> inputs = inputs(i < 10 ? LONGEST + 1 : 1 + i % 100);
                executable.run(inputs);
                outputs(i % 100);
            }
            awaitCompiledCode(executable);
            for (int length : lengths) {
                Map<String, Tensor> inputs = inputs(length);
                long outputs = allocated(() -> outputs(length));
                firsts.add(allocated(() -> executable.run(inputs)) - outputs);
                repeats.add(allocated(() -> executable.run(inputs)) - outputs);
            }
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
        // The median, as a method that is compiled meanwhile runs in the JVM's interpreter, where vectors are objects.
        Collections.sort(firsts);
        Collections.sort(repeats);
        long first = firsts.get(firsts.size() / 2);
        long repeat = repeats.get(repeats.size() / 2);
        assertTrue(first <= MAX_BYTES, "a first run makes " + first + " bytes beside its outputs");
        assertTrue(first <= repeat + 16, "a first run makes " + first + " bytes and a repeat " + repeat);
    }

    /**
     * Runs until runs make little, as C2 may come late where other work keeps the processors busy; for a while at most.
     */
    private static void awaitCompiledCode(Executable executable) {
        long begun = System.nanoTime();
        int inARow = 0;
        for (int i = 0; inARow < RUNS_IN_A_ROW && System.nanoTime() - begun < MAX_WARM_UP.toNanos(); i++) {
            int length = 1 + i % 100;
            Map<String, Tensor> inputs = inputs(length);
            long outputs = allocated(() -> outputs(length));
            inARow = allocated(() -> executable.run(inputs)) - outputs <= MAX_BYTES ? inARow + 1 : 0;
        }
    }

    /** Inputs that hold a run up where it begins, until they are released. */
    private static Map<String, Tensor> held(
            Map<String, Tensor> inputs, CountDownLatch entered, CountDownLatch released) {
        return new HashMap<>(inputs) {
            @Override
            public Tensor get(Object name) {
                entered.countDown();
                try {
                    released.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return super.get(name);
            }
        };
    }

    @Test
    void aNewLengthWaitsForNoOther() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        try (Executable executable = load();
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            executable.run(inputs(3));
            Future<?> first = threads.submit(() -> executable.run(held(inputs(5), entered, released)));
            entered.await();
            try {
                Future<Map<String, Tensor>> second = threads.submit(() -> executable.run(inputs(7)));
                assertEquals(7, second.get(1, TimeUnit.MINUTES).get("p").elements());
                assertFalse(first.isDone());
            } finally {
                released.countDown();
            }
            first.get();
        }
    }

    /** Otherwise whoever sends what is refused would make everybody else's runs take memory anew. */
    @Test
    void aRefusedInputCostsTheNextRunNoMemory() {
        int length = 250;
        Map<String, Tensor> good = inputs(length);
        Map<String, Tensor> bad = new HashMap<>(good);
        long[] ids = new long[length];
        ids[0] = 1_000_000;
        bad.put("ids", Tensor.of(ids, length));
        int threads = WorkerPool.SHARED.threads();
        WorkerPool.SHARED.limit(1);
        try (Executable executable = load()) {
            for (int i = 0; i < WARM_UP; i++) {
                executable.run(good);
            }
            awaitCompiledCode(executable);
            executable.run(good);
            long outputs = allocated(() -> outputs(length));
            assertThrows(InputException.class, () -> executable.run(bad));
            long next = allocated(() -> executable.run(good)) - outputs;
            assertTrue(next < 16L * 1024, "the next run makes " + next + " bytes");
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
    }

    /**
     * Each run has memory of its own, so that many callers at once would need many times as much as threads can use.
     */
    @Test
    void noMoreRunsHaveMemoryThanThereAreThreads() throws Exception {
        int most = WorkerPool.SHARED.threads();
        CountDownLatch entered = new CountDownLatch(most);
        CountDownLatch another = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        try (Executable executable = load();
                ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < most; i++) {
                Map<String, Tensor> inputs = held(inputs(3 + i), entered, released);
                runs.add(threads.submit(() -> executable.run(inputs)));
            }
            entered.await();
            runs.add(threads.submit(() -> executable.run(held(inputs(2), another, released))));
            try {
                assertFalse(another.await(300, TimeUnit.MILLISECONDS), "one more run than threads has begun");
            } finally {
                released.countDown();
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
    }

    /**
     * Lengths up and down, so that each table is read as a whole, as a part of a longer one, and after it has grown.
     */
    @Test
    void partsOfTablesAreThoseOfTheLength() {
        try (Executable executable = load()) {
            for (int length : new int[] {5, 1, 63, 64, 65, 2, 130, 17, 129, 1, 64}) {
                Map<String, Tensor> inputs = inputs(length);
                Map<String, Tensor> expected = new Interpreter(Precision.F64).run(LAYER, inputs);
                assertTrue(Closeness.nmse(expected, executable.run(inputs)) <= 1e-11, "length " + length);
            }
        }
    }

    /**
     * A table of positions ends where the model's does: what is evaluated ahead must not read beyond, and a longer
     * input is refused.
     */
    @Test
    void tablesThatEndAreNotReadBeyondTheirEnd() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[S,1]) -> (y: f32[S,1]) {
                  %t = constant @"t" : f32[10,1]
                  %i = iota {axis=0, start=0} : i32[S]
                  %p = gather %t, %i : f32[S,1]
                  %y = elementwise %x, %p {add(a0, a1)} : f32[S,1]
                  return y = %y
                }""").withConstants(Map.of("t", floats(4, 10, 1)));
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int length : new int[] {3, 10, 7, 11, 9}) {
                Map<String, Tensor> inputs = Map.of("x", floats(length, length, 1));
                try {
                    Map<String, Tensor> results = executable.run(inputs);
                    assertEquals(0, Closeness.nmse(new Interpreter(Precision.F32).run(program, inputs), results));
                    assertTrue(length <= 10);
                } catch (InputException e) {
                    assertEquals("id 10 is outside a table of 10 rows at sizes {S=11}", e.getMessage());
                    assertEquals(11, length);
                }
            }
        }
    }

    /** A sum over a table reads the number of its elements, which no value in memory has. */
    @Test
    void tablesOfNegativeSizesAreRefusedAfterLongerOnesToo() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[S]) -> (x: f32[S], y: i32[]) {
                  %r = iota {axis=0, start=-S+1} : i32[2*S-1]
                  %y = reduce_sum %r {axis=0} : i32[]
                  return x = %x, y = %y
                }""");
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int length : new int[] {0, 5, 0}) {
                Map<String, Tensor> inputs = Map.of("x", floats(length, length));
                if (length == 0) {
                    assertThrows(InputException.class, () -> executable.run(inputs));
                } else {
                    assertEquals(0, executable.run(inputs).get("y").toDoubles()[0]);
                }
            }
        }
    }

    /**
     * A table is evaluated for longer inputs than that of the run, where the program has values that it has not at this
     * size.
     */
    @Test
    void slicesOfTablesLieInTheTablesOfTheLength() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[S]) -> (x: f32[S], y: i32[2]) {
                  %i = iota {axis=0, start=0} : i32[S]
                  %y = slice %i {axis=0, start=0, limit=2} : i32[2]
                  return x = %x, y = %y
                }""");
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int length : new int[] {1, 5, 1}) {
                Map<String, Tensor> inputs = Map.of("x", floats(length, length));
                if (length == 1) {
                    InputException e = assertThrows(InputException.class, () -> executable.run(inputs));
                    assertEquals("slice [0, 2) does not lie in an axis of 1 at sizes {S=1}", e.getMessage());
                } else {
                    assertEquals(1, executable.run(inputs).get("y").toDoubles()[1]);
                }
            }
        }
    }
}

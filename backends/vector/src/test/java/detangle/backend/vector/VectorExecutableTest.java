package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.Profile;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class VectorExecutableTest {
    private static final String LOOKUP = """
            func @f(%ids: i64[B]) -> (y: f32[B,2]) {
              %t = constant dense<1, 2, 3, 4, 5, 6> : f32[3,2]
              %y = gather %t, %ids : f32[B,2]
              return y = %y
            }""";

    private static Executable load(String text) {
        Program program = Parser.parse("test.dtir", text);
        return new VectorDevice().load(Compiler.compile(program, Passes.optimisations()));
    }

    /** Platform and virtual threads at once, over more shapes than are kept. */
    @Test
    void manyThreadsRunOneProgram() throws Exception {
        try (Executable lookup = load(LOOKUP);
                ExecutorService platform = Executors.newFixedThreadPool(4);
                ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                int size = 1 + i % 20;
                ExecutorService threads = i % 2 == 0 ? platform : virtual;
                runs.add(threads.submit(() -> {
                    long[] ids = new long[size];
                    float[] expected = new float[2 * size];
                    for (int j = 0; j < size; j++) {
                        ids[j] = (j + size) % 3;
                        expected[2 * j] = 1 + 2 * ids[j];
                        expected[2 * j + 1] = 2 + 2 * ids[j];
                    }
                    Tensor y = lookup.run(Map.of("ids", Tensor.of(ids, size))).get("y");
                    assertArrayEquals(expected, y.toFloats());
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
    }

    /** Kernels share scratch memory by thread: runs at once must not meet in it. */
    @Test
    void runsAtOnceDoNotMeet() throws Exception {
        for (long seed = 0; seed < 40; seed++) {
            RandomPrograms.Sample sample = RandomPrograms.sample(seed);
            try (Executable executable =
                            new VectorDevice().load(Compiler.compile(sample.program(), Passes.optimisations()));
                    ExecutorService threads = Executors.newFixedThreadPool(4)) {
                Map<String, Tensor> alone = executable.run(sample.inputs());
                List<Future<Map<String, Tensor>>> runs = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    runs.add(threads.submit(() -> executable.run(sample.inputs())));
                }
                for (Future<Map<String, Tensor>> run : runs) {
                    // Not to the bit: the exponential of compiled code differs from that of the JVM's interpreter.
                    assertTrue(Closeness.nmse(alone, run.get()) <= 1e-11, "seed " + seed);
                }
            }
        }
    }

    /**
     * A product that depends on sizes alone is made by the interpreter, which needs the weight that kernels have
     * packed.
     */
    @Test
    void runsWhatDependsOnSizesAlone() {
        Program program =
                Parser.parse("test.dtir", """
                func @f(%x: f32[S]) -> (y: f32[S,2]) {
                  %i = iota {axis=0, start=0} : i64[S]
                  %f = convert %i : f32[S]
                  %c = reshape %f : f32[S,1]
                  %w = constant @"w" : f32[2,1]
                  %y = dot %c, %w {rhs_t} : f32[S,2]
                  return y = %y
                }""").withConstants(Map.of("w", Tensor.of(new float[] {1, 10}, 2, 1)));
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, Passes.optimisations()))) {
            Tensor y = executable.run(Map.of("x", Tensor.of(new float[3], 3))).get("y");
            assertArrayEquals(new float[] {0, 0, 1, 10, 2, 20}, y.toFloats());
        }
    }

    /**
     * What a product reads is packed when a program is loaded, so the stored form must not take memory for as long as
     * it runs.
     */
    @Test
    void weightsThatArePackedAreLetGo() throws InterruptedException {
        float[] stored = new float[2];
        WeakReference<float[]> reference = new WeakReference<>(stored);
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[S,1]) -> (y: f32[S,2]) {
                  %w = constant @"w" : f32[2,1]
                  %y = dot %x, %w {rhs_t} : f32[S,2]
                  return y = %y
                }""").withConstants(Map.of("w", Tensor.of(stored, 2, 1)));
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, Passes.optimisations()))) {
            program = null;
            stored = null;
            for (int i = 0; i < 100 && reference.get() != null; i++) {
                System.gc();
                Thread.sleep(10);
            }
            assertNull(reference.get());
            assertEquals(
                    4,
                    executable
                            .run(Map.of("x", Tensor.of(new float[2], 2, 1)))
                            .get("y")
                            .elements());
        }
    }

    /**
     * Memory for runs is looked through some time after a run: what is to do so must not keep a program that nobody has
     * any more.
     */
    @Test
    void aProgramThatIsClosedIsLetGoAfterItHasRun() throws InterruptedException {
        float[] stored = new float[2];
        WeakReference<float[]> reference = new WeakReference<>(stored);
        Program program = Parser.parse("test.dtir", """
                func @f(%ids: i64[S]) -> (y: f32[S,1]) {
                  %t = constant @"t" : f32[2,1]
                  %y = gather %t, %ids : f32[S,1]
                  return y = %y
                }""").withConstants(Map.of("t", Tensor.of(stored, 2, 1)));
        Executable executable = new VectorDevice().load(Compiler.compile(program, Passes.optimisations()));
        executable.run(Map.of("ids", Tensor.of(new long[1], 1)));
        executable.close();
        executable = null;
        program = null;
        stored = null;
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertNull(reference.get());
    }

    /**
     * Neighbours over one input share its packed rows. Tables and constants stand in no memory of a run, and are not
     * one input for that.
     */
    @Test
    void productsOfDifferentTablesAreDifferent() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[S,1]) -> (x: f32[S,1], y: f32[S,1], z: f32[S,1]) {
                  %i = iota {axis=0, start=0} : i32[S,1]
                  %a = elementwise %i {convert_f32(a0)} : f32[S,1]
                  %b = elementwise %i {convert_f32(add(a0, 10:i32))} : f32[S,1]
                  %w = constant @"w" : f32[1,1]
                  %y = linear %a, %w {act=none} : f32[S,1]
                  %z = linear %b, %w {act=none} : f32[S,1]
                  return x = %x, y = %y, z = %z
                }""").withConstants(Map.of("w", Tensor.of(new float[] {2}, 1, 1)));
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            Map<String, Tensor> results = executable.run(Map.of("x", Tensor.of(new float[3], 3, 1)));
            assertArrayEquals(new float[] {0, 2, 4}, results.get("y").toFloats());
            assertArrayEquals(new float[] {20, 22, 24}, results.get("z").toFloats());
        }
    }

    @Test
    void profilesTellWhatEachOperationTook() {
        Profile profile = new Profile();
        try (Executable lookup = load(LOOKUP)) {
            for (int i = 0; i < 2; i++) {
                Tensor y = lookup.run(Map.of("ids", Tensor.of(new long[] {2}, 1)), profile)
                        .get("y");
                assertArrayEquals(new float[] {5, 6}, y.toFloats());
            }
        }
        List<Profile.Entry> entries = profile.entries();
        assertEquals(
                List.of("gather"),
                entries.stream().map(Profile.Entry::operation).toList());
        assertEquals(2, entries.getFirst().calls());
        assertTrue(entries.getFirst().nanos() > 0);
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Executable lookup = load(LOOKUP)) {
            assertThrows(InputException.class, () -> lookup.run(Map.of()));
            assertThrows(InputException.class, () -> lookup.run(Map.of("ids", Tensor.of(new int[] {1}, 1))));
            assertThrows(InputException.class, () -> lookup.run(Map.of("ids", Tensor.of(new long[] {1}, 1, 1))));
            InputException e = assertThrows(
                    InputException.class, () -> lookup.run(Map.of("ids", Tensor.of(new long[] {0, 3}, 2))));
            assertEquals("id 3 is outside a table of 3 rows", e.getMessage());
        }
    }

    @Test
    void refusesToRunWhenClosed() {
        Executable lookup = load(LOOKUP);
        lookup.close();
        assertThrows(IllegalStateException.class, () -> lookup.run(Map.of("ids", Tensor.of(new long[] {0}, 1))));
    }
}

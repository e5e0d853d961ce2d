package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.BackendException;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What goes wrong is told, and what comes after goes right. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class FailureTest {
    private static final String LOOKUP = """
            func @lookup(%ids: i64[B]) -> (y: f32[B,2]) {
              %0 = constant dense<1, 2, 3, 4, 5, 6> : f32[3,2]
              %1 = gather %0, %ids : f32[B,2]
              return y = %1
            }
            """;

    private static final String SCALE = """
            func @scale(%x: f32[N]) -> (y: f32[N]) {
              %0 = constant 3 : f32[]
              %1 = mul %x, %0 : f32[N]
              return y = %1
            }
            """;

    private static Plan plan(String text) {
        return Compiler.compile(Parser.parse("test.dtir", text), Passes.optimisations());
    }

    private static Map<String, Tensor> ids(long... ids) {
        return Map.of("ids", Tensor.of(ids, ids.length));
    }

    /** TornadoVM's own way is to say nothing and run it as Java. */
    @Test
    void aKernelThatDoesNotCompileIsAnError() {
        Devices.first();
        IntArray out = new IntArray(1);
        KernelTask task = TaskClass.of(UncompilableKernel.class);
        TaskGraph graph = new TaskGraph("failure");
        assertThrows(BackendException.class, () -> TaskCalls.add(graph, "t", task, new KernelContext(), out));
        assertEquals(0, out.get(0));
    }

    @Test
    void anIdOutsideItsTableIsRefused() {
        try (Executable executable = Devices.first().load(plan(LOOKUP))) {
            for (long wrong : new long[] {3, -1, Long.MAX_VALUE, 1L << 32}) {
                InputException e = assertThrows(InputException.class, () -> executable.run(ids(0, wrong)));
                assertTrue(e.getMessage().contains("table of 3 rows"), e.getMessage());
            }
            assertArrayEquals(
                    new float[] {5, 6, 1, 2}, executable.run(ids(2, 0)).get("y").toFloats());
        }
    }

    @Test
    void whatNeedsMoreMemoryThanThereIsIsRefused() {
        Accelerator device = Devices.first();
        System.setProperty(DeviceMemory.LIMIT, "1000000");
        try (Executable executable = device.load(plan(SCALE))) {
            BackendException e = assertThrows(
                    BackendException.class, () -> executable.run(Map.of("x", Tensor.of(new float[1 << 18], 1 << 18))));
            assertTrue(e.getMessage().contains("scale needs 2 MiB on the device, which has 1 MiB"), e.getMessage());
            assertArrayEquals(
                    new float[] {6},
                    executable
                            .run(Map.of("x", Tensor.of(new float[] {2}, 1)))
                            .get("y")
                            .toFloats());
        } finally {
            System.clearProperty(DeviceMemory.LIMIT);
        }
    }

    /** A graph that fails once is thrown away, and the next run makes another. */
    @Test
    void aDeviceThatFailsBetweenRunsIsUsedAgain() {
        Accelerator device = Devices.first();
        Plan plan = plan(SCALE);
        List<FailingGraph> graphs = new ArrayList<>();
        try (Executable executable = new TornadoExecutable(plan, new DeviceVariables(Map.of()), (shapes, staying) -> {
            FailingGraph graph = new FailingGraph(new DeviceGraph(plan, shapes, new HashMap<>(), staying, device));
            graphs.add(graph);
            return graph;
        })) {
            Map<String, Tensor> inputs = Map.of("x", Tensor.of(new float[] {1, 2}, 2));
            assertArrayEquals(
                    new float[] {3, 6}, executable.run(inputs).get("y").toFloats());
            graphs.getFirst().fails = true;
            assertThrows(BackendException.class, () -> executable.run(inputs));
            assertTrue(graphs.getFirst().closed);
            assertArrayEquals(
                    new float[] {3, 6}, executable.run(inputs).get("y").toFloats());
            assertEquals(2, graphs.size());
        }
        assertTrue(graphs.getLast().closed);
    }

    private static final class FailingGraph implements TornadoExecutable.Graph {
        private final TornadoExecutable.Graph graph;
        private boolean fails;
        private boolean closed;

        FailingGraph(TornadoExecutable.Graph graph) {
            this.graph = graph;
        }

        @Override
        public boolean fits(Map<String, Long> bindings) {
            return graph.fits(bindings);
        }

        @Override
        public Set<String> kept() {
            return graph.kept();
        }

        @Override
        public Tensor fetch(String name) {
            return graph.fetch(name);
        }

        @Override
        public void run(
                Map<String, Tensor> inputs,
                Function<String, Tensor> parameters,
                Map<String, Long> bindings,
                Optional<Profile> profile) {
            if (fails) {
                throw new BackendException("the device failed: it is gone");
            }
            graph.run(inputs, parameters, bindings, profile);
        }

        @Override
        public Map<String, Tensor> update(Map<String, Long> bindings, Optional<Profile> profile) {
            return graph.update(bindings, profile);
        }

        @Override
        public Map<String, Tensor> outputs(Map<String, Long> bindings) {
            return graph.outputs(bindings);
        }

        @Override
        public void close() {
            closed = true;
            graph.close();
        }
    }

    @Test
    void twoThreadsRunTwoPrograms() throws Exception {
        Accelerator device = Devices.first();
        try (Executable lookup = device.load(plan(LOOKUP));
                Executable scale = device.load(plan(SCALE));
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                int size = 1 + i % 9;
                runs.add(threads.submit(() -> {
                    long[] ids = new long[size];
                    Arrays.setAll(ids, j -> (j + size) % 3);
                    float[] rows = lookup.run(ids(ids)).get("y").toFloats();
                    for (int j = 0; j < size; j++) {
                        assertEquals(1 + 2 * ids[j], rows[2 * j]);
                    }
                }));
                runs.add(threads.submit(() -> {
                    float[] x = new float[size];
                    Arrays.fill(x, size);
                    float[] y =
                            scale.run(Map.of("x", Tensor.of(x, size))).get("y").toFloats();
                    for (float value : y) {
                        assertEquals(3f * size, value);
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
    }

    @Test
    void withoutTornadoVMTheReasonIsToldAndNothingElseSuffers() throws Exception {
        String path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("tornado-api"))
                .collect(Collectors.joining(File.pathSeparator));
        assertEquals(
                "TornadoVM is not there: install TornadoVM 5.2.0-jdk25 and a driver, and set TORNADOVM_HOME to its SDK"
                        + " (docs/BACKENDS.md)",
                reason("-cp", path));
    }

    @Test
    void aTornadoVMThatCannotRunKernelsIsNamed() throws Exception {
        assertEquals(
                "TornadoVM 7.3.1-jdk22plus cannot run Detangle's kernels: install TornadoVM 5.2.0-jdk25 and a driver, and"
                        + " set TORNADOVM_HOME to its SDK (docs/BACKENDS.md)",
                reason("-Ddetangle.tornado.unfit=7.3.1-jdk22plus", "-cp", System.getProperty("java.class.path")));
        assertTrue(Stream.of("5.2.0-jdk25", "5.2.1-jdk25-dev", "5.10.0-jdk25").allMatch(TornadoVersion::fits));
        assertTrue(Stream.of("5.1.0-jdk25", "5.2.0-jdk21", "6.0.0-jdk22plus", "8.2.0", "")
                .noneMatch(TornadoVersion::fits));
    }

    /** Returns what a JVM of its own says of why it has no devices. */
    private static String reason(String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.add(NoTornado.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.strip();
    }

    /** Prints why there are no devices. */
    static final class NoTornado {
        private NoTornado() {}

        public static void main(String[] args) {
            TornadoBackend backend = new TornadoBackend();
            if (!backend.devices().isEmpty()) {
                throw new AssertionError("there are devices");
            }
            System.out.println(backend.unavailable().orElseThrow());
        }
    }
}

package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.Variables;
import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.runtime.Backends;
import detangle.runtime.placement.HybridDevice;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import detangle.testing.RandomUpdates;
import detangle.testing.Rounding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Programs that replace their parameters, on every device that is there. */
class VariablesTest {
    private static final int RUNS = 1000;
    private static final double NMSE = 1e-11;
    private static final double ROUNDING = 100;

    private static final String DESCENT = """
            func @descend(%x: f32[5]) -> () {
              %w = param "w" : f32[5]
              %0 = constant 0.1 : f32[]
              %1 = mul %0, %x : f32[5]
              %2 = sub %w, %1 : f32[5]
              update "w" = %2
              return
            }
            """;

    /** Least squares: the weight is read by a product, packed, and by nothing in its stored form. */
    private static final String TRAINING = """
            func @train(%x: f32[B,7], %t: f32[B,3]) -> (loss: f32[1,1]) {
              %w = param "w" : f32[3,7]
              %b = param "b" : f32[3]
              %0 = dot %x, %w {rhs_t} : f32[B,3]
              %1 = add %0, %b : f32[B,3]
              %d = sub %1, %t : f32[B,3]
              %2 = mul %d, %d : f32[B,3]
              %3 = reduce_sum %2 {axis=0} : f32[1,3]
              %loss = reduce_sum %3 {axis=1} : f32[1,1]
              %dw = dot %d, %x {lhs_t} : f32[3,7]
              %4 = reduce_sum %d {axis=0} : f32[1,3]
              %db = reshape %4 : f32[3]
              %rate = constant 0.01 : f32[]
              %5 = mul %dw, %rate : f32[3,7]
              %6 = sub %w, %5 : f32[3,7]
              %7 = mul %db, %rate : f32[3]
              %8 = sub %b, %7 : f32[3]
              update "w" = %6
              update "b" = %8
              return loss = %loss
            }
            """;

    private static final String EVALUATION = """
            func @evaluate(%x: f32[B,7]) -> (y: f32[B,3]) {
              %w = param "w" : f32[3,7]
              %b = param "b" : f32[3]
              %0 = dot %x, %w {rhs_t} : f32[B,3]
              %y = add %0, %b : f32[B,3]
              return y = %y
            }
            """;

    private static final String SWAP = """
            func @swap() -> () {
              %a = param "a" : f32[3]
              %b = param "b" : f32[3]
              update "a" = %b
              update "b" = %a
              return
            }
            """;

    /** The look-up, which may fail, needs nothing of the update that would otherwise come first. */
    private static final String LOOKUP = """
            func @look(%ids: i64[N]) -> (rows: f32[N,2]) {
              %t = param "t" : f32[4,2]
              %n = param "n" : f32[]
              %0 = constant 1 : f32[]
              %1 = add %n, %0 : f32[]
              %rows = gather %t, %ids : f32[N,2]
              %2 = reduce_sum %rows {axis=0} : f32[1,2]
              %3 = sub %t, %2 : f32[4,2]
              update "n" = %1
              update "t" = %3
              return rows = %rows
            }
            """;

    /** The devices of every backend, each alone and with some of the work on another side. */
    static Stream<Device> devices() {
        List<Device> devices = new ArrayList<>();
        Backends.all().forEach(backend -> devices.addAll(backend.devices()));
        Device reference = devices.stream()
                .filter(d -> d.name().equals("reference"))
                .findFirst()
                .orElseThrow();
        List<Device> placed = new ArrayList<>();
        for (Device device : devices) {
            placed.add(new PlacedDevice(device, reference, node -> true));
            placed.add(new PlacedDevice(device, reference, node -> !(node.op() instanceof TensorOp.Dot)));
        }
        devices.addAll(placed);
        return devices.stream();
    }

    private static Program parse(String text) {
        return Parser.parse("test.dtir", text);
    }

    private static Executable load(Device device, String text, Variables variables) {
        return device.load(Compiler.compile(parse(text), Passes.optimisations()), variables);
    }

    private static Tensor random(long seed, long... shape) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, shape);
    }

    /** The step reads a value that the program also returns, as clipping reads the norm of the gradients. */
    private static final String CLIPPED = """
            func @clipped(%x: f32[1,5]) -> (norm: f32[1,1]) {
              %w = param "w" : f32[1,5]
              %0 = mul %x, %x : f32[1,5]
              %1 = reduce_sum %0 {axis=1} : f32[1,1]
              %norm = sqrt %1 : f32[1,1]
              %2 = div %x, %norm : f32[1,5]
              %3 = sub %w, %2 : f32[1,5]
              update "w" = %3
              return norm = %norm
            }
            """;

    @ParameterizedTest
    @MethodSource("devices")
    void returnsWhatTheUpdateReads(Device device) {
        Variables variables = device.variables(Map.of("w", Tensor.of(new float[5], 1, 5)));
        try (Executable executable = load(device, CLIPPED, variables)) {
            for (int run = 1; run < 4; run++) {
                Tensor x = Tensor.of(new float[] {3 * run, 0, 4 * run, 0, 0}, 1, 5);
                assertEquals(5 * run, executable.run(Map.of("x", x)).get("norm").getDouble(0), 1e-4);
                assertEquals(-0.6 * run, variables.read("w").getDouble(0), 1e-5);
            }
        }
    }

    /** A device may multiply and subtract at once, which rounds once less. */
    @ParameterizedTest
    @MethodSource("devices")
    void runsAThousandTimes(Device device) {
        float[] twice = descend(device);
        assertArrayEquals(twice, descend(device), "equal runs give equal bits");
        float[] expected = new float[5];
        for (int run = 0; run < RUNS; run++) {
            float[] x = random(run, 5).toFloats();
            for (int i = 0; i < x.length; i++) {
                expected[i] -= 0.1f * x[i];
            }
        }
        boolean isExact = device.name().equals("reference") || device.name().equals("vector");
        assertArrayEquals(expected, twice, isExact ? 0 : 1e-4f);
    }

    private static float[] descend(Device device) {
        Variables variables = device.variables(Map.of("w", Tensor.of(new float[5], 5)));
        try (Executable executable = load(device, DESCENT, variables)) {
            for (int run = 0; run < RUNS; run++) {
                executable.run(Map.of("x", random(run, 5)));
            }
        }
        return variables.read("w").toFloats();
    }

    /** Each run begins from the same values as the interpreter's, so that differences do not add up. */
    @ParameterizedTest
    @MethodSource("devices")
    void trainingAndEvaluationShareVariables(Device device) {
        Variables variables = device.variables(Map.of("w", random(1, 3, 7), "b", random(2, 3)));
        Tensor weights = random(3, 3, 7);
        try (Executable train = load(device, TRAINING, variables);
                Executable evaluate = load(device, EVALUATION, variables)) {
            double first = 0;
            double last = 0;
            for (int run = 0; run < 60; run++) {
                int batch = 4 + run % 3;
                Tensor x = random(10 + run, batch, 7);
                Map<String, Tensor> before = Map.of("w", variables.read("w"), "b", variables.read("b"));
                Map<String, Tensor> inputs = Map.of("x", x, "t", product(x, weights));
                Sample sample = new Sample(parse(TRAINING), inputs, before);
                Map<String, Tensor> outputs = train.run(inputs);
                Map<String, Tensor> after = Map.of("w", variables.read("w"), "b", variables.read("b"));
                assertClose(sample, Sample.together(outputs, after));
                assertClose(new Sample(parse(EVALUATION), Map.of("x", x), after), evaluate.run(Map.of("x", x)));
                first = run == 0 ? outputs.get("loss").getDouble(0) : first;
                last = outputs.get("loss").getDouble(0);
            }
            assertTrue(last < first / 10, "the loss went from " + first + " to " + last);

            // What is written from outside counts at once.
            variables.write("w", weights);
            variables.write("b", Tensor.of(new float[3], 3));
            Tensor x = random(99, 2, 7);
            Map<String, Tensor> written = Map.of("w", weights, "b", Tensor.of(new float[3], 3));
            assertClose(new Sample(parse(EVALUATION), Map.of("x", x), written), evaluate.run(Map.of("x", x)));
        }
    }

    private static Tensor product(Tensor x, Tensor weights) {
        Program program = parse("""
                func @product(%x: f32[B,7], %w: f32[3,7]) -> (y: f32[B,3]) {
                  %y = dot %x, %w {rhs_t} : f32[B,3]
                  return y = %y
                }
                """);
        return new Interpreter(Precision.F32)
                .run(program, Map.of("x", x, "w", weights))
                .get("y");
    }

    private static void assertClose(Sample sample, Map<String, Tensor> actual) {
        double error = Closeness.nmse(sample.interpreted(Precision.F64), actual);
        double tolerance = Math.max(NMSE, ROUNDING * Rounding.of(sample));
        assertTrue(error <= tolerance, "it is off by " + error + ", with " + tolerance + " allowed");
    }

    @ParameterizedTest
    @MethodSource("devices")
    void exchangesTwo(Device device) {
        Variables variables = device.variables(
                Map.of("a", Tensor.of(new float[] {1, 2, 3}, 3), "b", Tensor.of(new float[] {10, 20, 30}, 3)));
        try (Executable executable = load(device, SWAP, variables)) {
            executable.run(Map.of());
            assertArrayEquals(new float[] {10, 20, 30}, variables.read("a").toFloats());
            assertArrayEquals(new float[] {1, 2, 3}, variables.read("b").toFloats());
            executable.run(Map.of());
            assertArrayEquals(new float[] {1, 2, 3}, variables.read("a").toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aRunThatFailsChangesNothing(Device device) {
        float[] table = {1, 2, 3, 4, 5, 6, 7, 8};
        Variables variables =
                device.variables(Map.of("t", Tensor.of(table, 4, 2), "n", Tensor.of(new float[] {0}, new long[0])));
        try (Executable executable = load(device, LOOKUP, variables)) {
            assertThrows(InputException.class, () -> executable.run(ids(0, 4)));
            assertArrayEquals(table, variables.read("t").toFloats());
            assertEquals(0, variables.read("n").getDouble(0));
            assertArrayEquals(
                    new float[] {3, 4, 3, 4},
                    executable.run(ids(1, 1)).get("rows").toFloats());
            assertArrayEquals(
                    new float[] {-5, -6, -3, -4, -1, -2, 1, 0},
                    variables.read("t").toFloats());
            assertEquals(1, variables.read("n").getDouble(0));
        }
    }

    private static Map<String, Tensor> ids(long... ids) {
        return Map.of("ids", Tensor.of(ids, ids.length));
    }

    /** No run is lost, whoever else runs. */
    @ParameterizedTest
    @MethodSource("devices")
    void manyThreadsTakeTurns(Device device) throws Exception {
        Variables variables = device.variables(Map.of("w", Tensor.of(new float[5], 5)));
        try (Executable executable = load(device, DESCENT, variables);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                runs.add(threads.submit(() ->
                        executable.run(Map.of("x", Tensor.of(new float[] {10, 20, 30, 40, 50}, 5)))));
                runs.add(threads.submit(() -> {
                    float[] w = variables.read("w").toFloats();
                    assertEquals(5 * w[0], w[4], "a value was read while it was replaced: " + Arrays.toString(w));
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
        assertArrayEquals(
                new float[] {-100, -200, -300, -400, -500}, variables.read("w").toFloats());
    }

    @ParameterizedTest
    @MethodSource("devices")
    void refusesWhatDoesNotFit(Device device) {
        Variables variables =
                device.variables(Map.of("w", Tensor.of(new float[5], 5), "a", Tensor.of(new float[1], 1)));
        assertThrows(InputException.class, () -> variables.read("v"));
        assertThrows(InputException.class, () -> variables.write("w", Tensor.of(new float[4], 4)));
        assertThrows(
                InputException.class,
                () -> variables.write(Map.of("a", Tensor.of(new float[] {1}, 1), "w", Tensor.of(new float[4], 4))));
        assertEquals(0, variables.read("a").getDouble(0));
        BackendException absent = assertThrows(
                BackendException.class,
                () -> load(device, DESCENT, device.variables(Map.of())).close());
        assertTrue(absent.getMessage().startsWith("the parameter 'w' is not bound"), absent.getMessage());
        Variables other = device.variables(Map.of("w", Tensor.of(new float[4], 4)));
        BackendException type = assertThrows(
                BackendException.class, () -> load(device, DESCENT, other).close());
        assertTrue(type.getMessage().contains("f32[5], and the variable of that name is f32[4]"), type.getMessage());
    }

    /** Three runs each, so that what a run leaves is read by the next. */
    @ParameterizedTest
    @MethodSource("devices")
    void randomUpdatesAgreeWithTheInterpreter(Device device) {
        assumeFalse(device.isPartial(), "it has no kernel for some operations");
        boolean isFast = device.name().equals("vector") || device.name().equals("reference");
        RandomRun.run("updates on " + device.name(), RandomUpdates::sample, isFast ? 60 : 5, (seed, sample) -> {
            Variables variables = device.variables(sample.parameters());
            try (Executable executable = device.load(Compiler.compile(sample.program(), passes(seed)), variables)) {
                for (int run = 0; run < 3; run++) {
                    Sample now = new Sample(sample.program(), sample.inputs(), values(variables));
                    Map<String, Tensor> outputs = executable.run(sample.inputs());
                    Map<String, Tensor> updates = new HashMap<>();
                    sample.program().updates().forEach(u -> updates.put(u.name(), variables.read(u.name())));
                    assertClose(now, Sample.together(outputs, updates));
                }
            }
        });
    }

    /** Every other program is compiled as training is, which joins regions of updates. */
    private static List<Pass> passes(long seed) {
        return seed % 2 == 0 ? Passes.optimisations() : Passes.afterGradients();
    }

    private static Map<String, Tensor> values(Variables variables) {
        Map<String, Tensor> values = new HashMap<>();
        variables.types().keySet().forEach(name -> values.put(name, variables.read(name)));
        return values;
    }

    @Test
    void aDeviceThatMeasuresHasNoVariables() {
        List<Device> all = devices().toList();
        Device hybrid = new HybridDevice(all.getFirst(), all.getFirst());
        BackendException e =
                assertThrows(BackendException.class, () -> hybrid.variables(Map.of("w", Tensor.of(new float[5], 5))));
        assertTrue(e.getMessage().startsWith("hybrid measures a program by running it"), e.getMessage());
    }
}

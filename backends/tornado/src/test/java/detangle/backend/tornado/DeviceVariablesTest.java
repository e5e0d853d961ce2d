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
import detangle.backend.Variables;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * What a program alone updates stays on the device from run to run, and whoever reads or writes it from outside cannot
 * tell. Graphs are emulated, and count what they are given and asked for.
 */
class DeviceVariablesTest {
    /** Adds the row that an id chooses to the weight, which a sum reads before. */
    private static final String ADD = """
            func @add(%t: f32[2,3], %ids: i64[1]) -> (before: f32[1,1]) {
              %w = param "w" : f32[1,3]
              %before = reduce_sum %w {axis=1} : f32[1,1]
              %row = gather %t, %ids : f32[1,3]
              %next = add %w, %row : f32[1,3]
              update "w" = %next
              return before = %before
            }
            """;

    private static final String SUM = """
            func @sum() -> (now: f32[1,1]) {
              %w = param "w" : f32[1,3]
              %now = reduce_sum %w {axis=1} : f32[1,1]
              return now = %now
            }
            """;

    /** Outputs what the weight was, so that the next value cannot take its memory. */
    private static final String RETURNED = """
            func @returned() -> (before: f32[3]) {
              %w = param "w" : f32[3]
              %one = constant 1 : f32[]
              %next = add %w, %one : f32[3]
              update "w" = %next
              return before = %w
            }
            """;

    private static final Map<String, Tensor> ROWS =
            Map.of("t", Tensor.of(new float[] {1, 2, 3, 10, 20, 30}, 2, 3), "ids", Tensor.of(new long[] {0}, 1));

    private final List<Counting> graphs = new ArrayList<>();

    /** Whether the graphs that are made from now on fail when they update. */
    private boolean failsToUpdate;

    private static Plan plan(String text) {
        return Compiler.compile(Parser.parse("test.dtir", text), Passes.optimisations());
    }

    private Executable load(String text, DeviceVariables variables) {
        Plan plan = plan(text);
        return new TornadoExecutable(plan, variables, (shapes, staying) -> {
            graphs.add(new Counting(new EmulatedGraph(plan, shapes, staying, Optional.empty(), false)));
            graphs.getLast().failsToUpdate = failsToUpdate;
            return graphs.getLast();
        });
    }

    private static DeviceVariables variables() {
        return new DeviceVariables(Map.of("w", Tensor.of(new float[3], 1, 3)));
    }

    private static Tensor weight(float... values) {
        return Tensor.of(values, 1, 3);
    }

    private static double before(Executable add) {
        return add.run(ROWS).get("before").getDouble(0);
    }

    private static void assertWeight(Variables variables, float... expected) {
        assertArrayEquals(expected, variables.read("w").toFloats());
    }

    @Test
    void whatOneProgramUpdatesStaysOnTheDevice() {
        DeviceVariables variables = variables();
        try (Executable add = load(ADD, variables);
                Executable sum = load(SUM, variables)) {
            for (int run = 0; run < 4; run++) {
                assertEquals(6 * run, before(add));
            }
            assertEquals(Set.of("w"), graphs.getFirst().kept());
            assertEquals(1, graphs.getFirst().given);
            assertEquals(0, graphs.getFirst().fetched);
            assertEquals(24, sum.run(Map.of()).get("now").getDouble(0));
            assertEquals(24, sum.run(Map.of()).get("now").getDouble(0));
            assertWeight(variables, 4, 8, 12);
            assertEquals(1, graphs.getFirst().fetched);
            assertEquals(24, before(add));
            assertWeight(variables, 5, 10, 15);
            assertEquals(2, graphs.getFirst().fetched);
        }
        assertWeight(variables, 5, 10, 15);
    }

    @Test
    void aVariableThatIsWrittenFromOutsideStaysNoLonger() {
        DeviceVariables variables = variables();
        try (Executable add = load(ADD, variables)) {
            before(add);
            variables.write("w", weight(1, 1, 1));
            assertWeight(variables, 1, 1, 1);
            assertEquals(3, before(add));
            assertEquals(9, before(add));
            variables.write("w", weight(0, 0, 1));
            assertEquals(1, before(add));
            assertWeight(variables, 1, 2, 4);
        }
        assertEquals(2, graphs.size());
        assertEquals(Set.of(), graphs.getLast().kept());
    }

    @Test
    void aVariableOfTwoProgramsDoesNotStay() {
        DeviceVariables variables = variables();
        try (Executable one = load(ADD, variables);
                Executable other = load(ADD, variables)) {
            assertEquals(0, before(one));
            assertEquals(6, before(other));
            assertEquals(12, before(one));
        }
        graphs.forEach(graph -> assertEquals(Set.of(), graph.kept()));
        assertWeight(variables, 3, 6, 9);
    }

    @Test
    void aValueThatIsReturnedIsNotOverwritten() {
        DeviceVariables variables = new DeviceVariables(Map.of("w", Tensor.of(new float[3], 3)));
        try (Executable executable = load(RETURNED, variables)) {
            executable.run(Map.of());
            assertArrayEquals(
                    new float[] {1, 1, 1},
                    executable.run(Map.of()).get("before").toFloats());
        }
        assertWeight(variables, 2, 2, 2);
    }

    /** The weight is on the device when the run fails, and is another one on the host at the next. */
    @Test
    void aWrongIdOfTheFirstRunLeavesNothing() {
        DeviceVariables variables = variables();
        try (Executable add = load(ADD, variables)) {
            Map<String, Tensor> wrong = Map.of("t", ROWS.get("t"), "ids", Tensor.of(new long[] {2}, 1));
            assertThrows(InputException.class, () -> add.run(wrong));
            assertWeight(variables, 0, 0, 0);
            variables.write("w", weight(1, 1, 1));
            assertEquals(3, before(add));
            assertThrows(InputException.class, () -> add.run(wrong));
            assertWeight(variables, 2, 3, 4);
        }
    }

    @Test
    void aDeviceThatFailsBeforeTheUpdateLosesNothing() {
        DeviceVariables variables = variables();
        try (Executable add = load(ADD, variables)) {
            before(add);
            graphs.getFirst().failsToRun = true;
            assertThrows(BackendException.class, () -> add.run(ROWS));
            assertWeight(variables, 1, 2, 3);
            assertEquals(6, before(add));
            assertEquals(2, graphs.size());
        }
    }

    @Test
    void aDeviceThatFailsInTheFirstUpdateLosesNothing() {
        DeviceVariables variables = variables();
        try (Executable add = load(ADD, variables)) {
            failsToUpdate = true;
            assertThrows(BackendException.class, () -> add.run(ROWS));
            assertWeight(variables, 0, 0, 0);
            failsToUpdate = false;
            assertEquals(0, before(add));
            assertWeight(variables, 1, 2, 3);
        }
    }

    @Test
    void anEndOfAnotherProgramDoesNotMakeLostValuesWhole() {
        Tensor zeros = Tensor.of(new float[3], 1, 3);
        DeviceVariables variables = new DeviceVariables(Map.of("w", zeros, "v", zeros));
        try (Executable add = load(ADD, variables)) {
            try (Executable other = load(ADD.replace("\"w\"", "\"v\""), variables)) {
                before(add);
                before(other);
                graphs.getFirst().failsToUpdate = true;
                assertThrows(BackendException.class, () -> add.run(ROWS));
            }
            assertThrows(BackendException.class, () -> variables.read("w"));
            assertThrows(BackendException.class, () -> variables.read("v"));
        }
    }

    @Test
    void aDeviceThatFailsInTheUpdateLeavesNoValues() {
        DeviceVariables variables = variables();
        try (Executable add = load(ADD, variables)) {
            before(add);
            graphs.getFirst().failsToUpdate = true;
            assertThrows(BackendException.class, () -> add.run(ROWS));
            BackendException torn = assertThrows(BackendException.class, () -> variables.read("w"));
            assertTrue(torn.getMessage().contains("write all of them before the next run"), torn.getMessage());
            variables.write("w", weight(7, 7, 7));
            assertEquals(21, before(add));
            assertWeight(variables, 8, 9, 10);
        }
    }

    /** A graph that counts how often it is given values of variables, and asked for them. */
    private static final class Counting implements TornadoExecutable.Graph {
        private final TornadoExecutable.Graph graph;
        private int given;
        private int fetched;
        private boolean failsToRun;
        private boolean failsToUpdate;

        Counting(TornadoExecutable.Graph graph) {
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
            fetched++;
            return graph.fetch(name);
        }

        @Override
        public void run(
                Map<String, Tensor> inputs,
                Function<String, Tensor> parameters,
                Map<String, Long> bindings,
                Optional<Profile> profile) {
            if (failsToRun) {
                throw new BackendException("the device failed: it is gone");
            }
            graph.run(
                    inputs,
                    name -> {
                        given++;
                        return parameters.apply(name);
                    },
                    bindings,
                    profile);
        }

        @Override
        public Map<String, Tensor> update(Map<String, Long> bindings, Optional<Profile> profile) {
            if (failsToUpdate) {
                throw new BackendException("the device failed: it is gone");
            }
            return graph.update(bindings, profile);
        }

        @Override
        public Map<String, Tensor> outputs(Map<String, Long> bindings) {
            return graph.outputs(bindings);
        }

        @Override
        public void close() {
            graph.close();
        }
    }
}

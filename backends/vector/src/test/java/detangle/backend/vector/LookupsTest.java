package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.testing.Closeness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reads and adds at ids has kernels: into zeros, in place and into a copy, with any number of threads. */
class LookupsTest {
    private static final double NMSE = 1e-12;
    private static final long ROWS = 40;

    /** Sums into zeros, into a parameter's copy and into a value that is not read again; H is what a row has. */
    private static final String ADD_ROWS = """
            func @f(%x: f32[40,H], %ids: ID[B,S], %u: f32[B,S,H]) -> (zeros: f32[40,H], copy: f32[40,H], own: f32[40,H]) {
              %c = constant 0 : f32[]
              %0 = broadcast %c : f32[40,H]
              %1 = scatter_add %0, %ids, %u : f32[40,H]
              %2 = scatter_add %x, %ids, %u : f32[40,H]
              %3 = elementwise %x {exp(a0)} : f32[40,H]
              %4 = scatter_add %3, %ids, %u : f32[40,H]
              return zeros = %1, copy = %2, own = %4
            }
            """;

    private static final String WITHIN_ROWS = """
            func @f(%x: f32[B,S,H], %i: ID[B,1,7], %u: f32[B,S,7]) -> (zeros: f32[B,S,H], own: f32[B,S,H], of: f32[B,S,7]) {
              %c = constant 0 : f32[]
              %0 = broadcast %c : f32[B,S,H]
              %1 = scatter_add_last %0, %i, %u : f32[B,S,H]
              %2 = elementwise %x {exp(a0)} : f32[B,S,H]
              %3 = scatter_add_last %2, %i, %u : f32[B,S,H]
              %4 = gather_last %x, %i : f32[B,S,7]
              return zeros = %1, own = %3, of = %4
            }
            """;

    private final Random random = new Random(5);

    private Map<String, Tensor> inputs(Program program, Map<String, Long> sizes, long ids) {
        Map<String, Tensor> inputs = new HashMap<>();
        for (Node input : program.inputs()) {
            long[] shape = input.shape().evaluate(sizes);
            double[] values = new double[Math.toIntExact(Tensor.elements(shape))];
            DType dtype = input.type().dtype();
            Arrays.setAll(values, i -> dtype.isFloat() ? random.nextGaussian() : random.nextInt((int) ids));
            inputs.put(input.name(), Tensor.ofDoubles(dtype, values, shape));
        }
        return inputs;
    }

    private static Program parsed(String text, String ids) {
        return Parser.parse("f.dtir", text.replace("ID", ids));
    }

    private static Executable load(Program program) {
        assertEquals(List.of(), Selection.of(program).interpreted());
        return new VectorDevice().load(Compiler.compile(program, Passes.optimisations()));
    }

    private void check(Program program, Map<String, Long> sizes, long ids) {
        Map<String, Tensor> inputs = inputs(program, sizes, ids);
        Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, inputs);
        int threads = WorkerPool.SHARED.threads();
        List<Map<String, Tensor>> results = new ArrayList<>();
        try (Executable executable = load(program)) {
            for (int count = 1; count <= 4; count++) {
                WorkerPool.SHARED.limit(count);
                results.add(executable.run(inputs));
                double error = Closeness.nmse(expected, results.getLast());
                assertTrue(error <= NMSE, sizes + " is off by " + error);
            }
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
        for (Map<String, Tensor> result : results) {
            result.forEach((name, tensor) ->
                    assertArrayEquals(results.getFirst().get(name).toFloats(), tensor.toFloats(), name));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"i32", "i64"})
    void rowsAreAddedAtIds(String ids) {
        for (long width : new long[] {1, 7, 70, 300}) {
            check(parsed(ADD_ROWS, ids), Map.of("B", 3L, "S", 50L, "H", width), ROWS);
        }
        check(parsed(ADD_ROWS, ids), Map.of("B", 0L, "S", 50L, "H", 9L), ROWS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"i32", "i64"})
    void elementsAreReadAndAddedWithinRows(String ids) {
        for (long width : new long[] {1, 7, 33}) {
            check(parsed(WITHIN_ROWS, ids), Map.of("B", 3L, "S", 9L, "H", width), width);
        }
        // More than one task.
        check(parsed(WITHIN_ROWS, ids), Map.of("B", 20L, "S", 300L, "H", 5L), 5);
    }

    @Test
    void idsOutsideAreRefused() {
        for (String text : List.of(ADD_ROWS, WITHIN_ROWS)) {
            for (double id : new double[] {-1, ROWS, 1L << 40}) {
                Program program = parsed(text, "i64");
                Map<String, Tensor> inputs = inputs(program, Map.of("B", 1L, "S", 3L, "H", ROWS), ROWS);
                String name = inputs.containsKey("ids") ? "ids" : "i";
                double[] ids = inputs.get(name).toDoubles();
                ids[2] = id;
                inputs.put(
                        name, Tensor.ofDoubles(DType.I64, ids, inputs.get(name).shape()));
                try (Executable executable = load(program)) {
                    InputException e = assertThrows(InputException.class, () -> executable.run(inputs));
                    assertEquals("id " + (long) id + " is outside a table of 40 rows", e.getMessage());
                }
            }
        }
    }
}

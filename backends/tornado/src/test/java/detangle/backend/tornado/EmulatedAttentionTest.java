package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.compiler.MemoryPlanner;
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
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attention on emulated devices against the interpreter, for sequences of many lengths one after another on one
 * executable: longer and shorter than a tile, packed and padded, with each combination of terms.
 */
class EmulatedAttentionTest {
    private static final int HEADS = 2;
    private static final int POSITIONS = 11;

    /** One more than the largest position of packed sequences. */
    private static final int LENGTH = 90;

    /** The lengths of packed sequences, and how many queries each has. */
    private record Packed(int[] keys, int[] queries) {}

    private static final List<Packed> PACKED = List.of(
            new Packed(new int[] {31, 1, 33}, new int[] {31, 1, 33}),
            new Packed(new int[] {1}, new int[] {1}),
            new Packed(new int[] {5, 70, 2, 32, 32}, new int[] {1, 7, 0, 32, 0}),
            new Packed(new int[] {64}, new int[] {64}));

    /** The number of sequences, of queries and of keys. */
    private static final int[][] PADDED = {{2, 37, 37}, {1, 1, 1}, {3, 3, 65}, {1, 32, 32}};

    record Variant(int width, String terms) {
        boolean has(String term) {
            return terms.contains(term);
        }
    }

    static Stream<Variant> variants() {
        return Stream.of(
                new Variant(8, "c2c,c2p,p2c"),
                new Variant(5, "c2c,c2p,p2c"),
                new Variant(16, "c2c,c2p"),
                new Variant(3, "c2c,p2c"),
                new Variant(64, "c2c"));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void packed(Variant variant) {
        List<String> parameters =
                new ArrayList<>(List.of("q: f32[Q,2,w]", "k: f32[T,2,w]", "v: f32[T,2,w]", "qs: i32[N]", "ks: i32[N]"));
        parameters.addAll(List.of("qp: i32[Q]", "kp: i32[T]"));
        Program program = program(variant, parameters, "packed_attention", ", length=90", "f32[Q,2,w]", "i32[179]");
        List<Map<String, Tensor>> runs = new ArrayList<>();
        for (Packed lengths : PACKED) {
            Random random = new Random(runs.size());
            Map<String, Tensor> inputs = new HashMap<>();
            int[] querySegments = segments(lengths.queries);
            int[] keySegments = segments(lengths.keys);
            int queries = querySegments[lengths.queries.length];
            int keys = keySegments[lengths.keys.length];
            inputs.put("q", normal(random, queries, HEADS, variant.width));
            inputs.put("k", normal(random, keys, HEADS, variant.width));
            inputs.put("v", normal(random, keys, HEADS, variant.width));
            inputs.put("qs", Tensor.of(querySegments, querySegments.length));
            inputs.put("ks", Tensor.of(keySegments, keySegments.length));
            inputs.put("qp", positions(random, lengths.queries));
            inputs.put("kp", positions(random, lengths.keys));
            positionInputs(inputs, variant, random, 2 * LENGTH - 1);
            runs.add(inputs);
        }
        check(program, runs);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void padded(Variant variant) {
        List<String> parameters = List.of("q: f32[B,Q,2,w]", "k: f32[B,S,2,w]", "v: f32[B,S,2,w]", "mask: i1[B,1,Q,S]");
        Program program = program(variant, parameters, "disentangled_attention", "", "f32[B,Q,2,w]", "i32[Q+S-1]");
        List<Map<String, Tensor>> runs = new ArrayList<>();
        for (int[] sizes : PADDED) {
            Random random = new Random(runs.size());
            Map<String, Tensor> inputs = new HashMap<>();
            inputs.put("q", normal(random, sizes[0], sizes[1], HEADS, variant.width));
            inputs.put("k", normal(random, sizes[0], sizes[2], HEADS, variant.width));
            inputs.put("v", normal(random, sizes[0], sizes[2], HEADS, variant.width));
            boolean[] mask = new boolean[sizes[0] * sizes[1] * sizes[2]];
            for (int i = 0; i < mask.length; i++) {
                // The first query of each sequence sees nothing.
                mask[i] = i / sizes[2] % sizes[1] > 0 && random.nextInt(4) > 0;
            }
            inputs.put("mask", Tensor.of(mask, sizes[0], 1, sizes[1], sizes[2]));
            positionInputs(inputs, variant, random, sizes[1] + sizes[2] - 1);
            runs.add(inputs);
        }
        check(program, runs);
    }

    private static Program program(
            Variant variant, List<String> first, String operation, String length, String result, String table) {
        List<String> parameters = new ArrayList<>(first);
        if (variant.has("c2p")) {
            parameters.add("pk: f32[2,11,w]");
        }
        if (variant.has("p2c")) {
            parameters.add("pq: f32[2,11,w]");
        }
        if (variant.has("p")) {
            parameters.add("table: " + table);
        }
        List<String> names = parameters.stream()
                .map(p -> "%" + p.substring(0, p.indexOf(':')))
                .toList();
        String text = "func @f(%" + String.join(", %", parameters) + ") -> (y: " + result + ") {\n  %y = " + operation
                + " " + String.join(", ", names) + " {terms=[" + variant.terms + "], scale=0.3" + length + "} : "
                + result + "\n  return y = %y\n}";
        return Parser.parse("test.dtir", text.replace("w]", variant.width + "]"));
    }

    private static void positionInputs(Map<String, Tensor> inputs, Variant variant, Random random, int distances) {
        if (variant.has("c2p")) {
            inputs.put("pk", normal(random, HEADS, POSITIONS, variant.width));
        }
        if (variant.has("p2c")) {
            inputs.put("pq", normal(random, HEADS, POSITIONS, variant.width));
        }
        if (variant.has("p")) {
            int[] table = new int[distances];
            Arrays.setAll(table, i -> random.nextInt(POSITIONS));
            inputs.put("table", Tensor.of(table, distances));
        }
    }

    private static int[] segments(int[] lengths) {
        int[] segments = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            segments[i + 1] = segments[i] + lengths[i];
        }
        return segments;
    }

    /** Returns positions that ascend in each sequence, with gaps where there is room. */
    private static Tensor positions(Random random, int[] lengths) {
        int[] positions = new int[Arrays.stream(lengths).sum()];
        int at = 0;
        for (int length : lengths) {
            int position = 0;
            for (int i = 0; i < length; i++) {
                position += position + length - i < LENGTH ? random.nextInt(2) : 0;
                positions[at++] = position++;
            }
        }
        return Tensor.of(positions, positions.length);
    }

    private static Tensor normal(Random random, int... shape) {
        long[] sizes = Arrays.stream(shape).asLongStream().toArray();
        float[] values = new float[Math.toIntExact(Tensor.elements(sizes))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, sizes);
    }

    private static void check(Program program, List<Map<String, Tensor>> runs) {
        Plan plan = new Plan(program, MemoryPlanner.plan(program));
        for (Optional<ComputePrecision> library :
                List.of(Optional.<ComputePrecision>empty(), Optional.of(ComputePrecision.FP32))) {
            try (Executable forward = new EmulatedDevice(library, false).load(plan);
                    Executable backward = new EmulatedDevice(library, true).load(plan)) {
                for (int run = 0; run < runs.size(); run++) {
                    Map<String, Tensor> inputs = runs.get(run);
                    Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, inputs);
                    Map<String, Tensor> actual = forward.run(inputs);
                    double error = Closeness.nmse(exact, actual);
                    assertTrue(error < 1e-11, "run " + run + " is off by " + error);
                    assertEquals(
                            -1,
                            actual.get("y")
                                    .data()
                                    .mismatch(backward.run(inputs).get("y").data()),
                            "the result of run " + run + " depends on the order in which threads run");
                }
            }
        }
    }
}

package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.Profile;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.ir.AttentionDropout;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * One kernel computes all gradients of attention that a program has: padded and packed, with holes, rows that see no
 * key, every combination of terms, and dropout, against the interpreter.
 */
class AttentionGradTest {
    private static final double NMSE = 1e-11;

    private static final int[] LENGTHS = {1, 2, 5, 16, 17, 33, 50, 97};
    private static final int[] SIZES = {1, 3, 8, 16, 33, 64};

    /** A random program of gradients, and what it is given. */
    private static final class Sample {
        private final Builder b = new Builder();
        private final List<Node> operands = new ArrayList<>();
        private final List<Node> inputs = new ArrayList<>();
        private final Map<String, Tensor> values = new HashMap<>();
        private final Random random;
        private final boolean c2p;
        private final boolean p2c;
        private final AttentionDropout dropout;

        Sample(int seed) {
            random = new Random(seed);
            c2p = random.nextInt(4) > 0;
            p2c = random.nextInt(4) > 0;
            dropout = random.nextInt(3) > 0 ? AttentionDropout.NONE : new AttentionDropout(0.3, 1L << 40 | seed);
        }

        private <T> T pick(List<T> all) {
            return all.get(random.nextInt(all.size()));
        }

        private int pick(int[] all) {
            return all[random.nextInt(all.length)];
        }

        private Node operand(Tensor value) {
            String name = "x" + inputs.size();
            inputs.add(b.input(name, value.type()));
            values.put(name, value);
            operands.add(inputs.getLast());
            return inputs.getLast();
        }

        private Node floats(long... shape) {
            double[] data = random.doubles(Tensor.elements(shape), -1, 1).toArray();
            return operand(Tensor.ofDoubles(DType.F32, data, shape));
        }

        private static Tensor ints(List<Integer> data) {
            return Tensor.of(data.stream().mapToInt(i -> i).toArray(), data.size());
        }

        /** Rows of the tables as models have them, the next distance with the same row or the next, or in any order. */
        private void tables(int heads, int size, int distances) {
            int rows = 1 + random.nextInt(40);
            for (int i = 0; i < (c2p ? 1 : 0) + (p2c ? 1 : 0); i++) {
                floats(heads, rows, size);
            }
            if (!c2p && !p2c) {
                return;
            }
            int[] table = random.ints(distances, 0, rows).toArray();
            int kind = random.nextInt(3);
            for (int i = 0; i < distances && kind > 0; i++) {
                table[i] = Math.min(rows - 1, i == 0 ? 0 : table[i - 1] + (kind == 1 ? 1 : random.nextInt(2)));
            }
            operand(Tensor.of(table, distances));
        }

        private Program padded() {
            int batch = 1 + random.nextInt(3);
            int heads = 1 + random.nextInt(3);
            int size = pick(SIZES);
            int keys = pick(LENGTHS);
            int queries = random.nextInt(4) == 0 ? pick(LENGTHS) : keys;
            floats(batch, queries, heads, size);
            floats(batch, keys, heads, size);
            floats(batch, keys, heads, size);
            int rows = random.nextBoolean() ? queries : 1;
            double seen = pick(List.of(1.0, 0.8, 0.1));
            double[] mask = random.doubles((long) batch * rows * keys).toArray();
            operand(Tensor.ofDoubles(
                    DType.I1, Arrays.stream(mask).map(x -> x < seen ? 1 : 0).toArray(), batch, 1, rows, keys));
            tables(heads, size, queries + keys - 1);
            seed();
            floats(batch, queries, heads, size);
            KernelOp.DisentangledAttention op = new KernelOp.DisentangledAttention(0.3, c2p, p2c, dropout);
            return program(op, result -> new KernelOp.DisentangledAttentionGrad(op, result));
        }

        private Program packed() {
            int length = pick(LENGTHS);
            int heads = 1 + random.nextInt(3);
            int size = pick(SIZES);
            boolean firstTokens = random.nextInt(4) == 0;
            double kept = pick(List.of(1.0, 0.9, 0.3));
            List<Integer> segments = new ArrayList<>(List.of(0));
            List<Integer> positions = new ArrayList<>();
            int sequences = 1 + random.nextInt(4);
            for (int n = 0; n < sequences; n++) {
                int end = random.nextInt(length + 1);
                IntStream.range(0, end).filter(i -> random.nextDouble() < kept).forEach(positions::add);
                segments.add(positions.size());
            }
            int tokens = positions.size();
            int queries = firstTokens ? sequences : tokens;
            floats(queries, heads, size);
            floats(tokens, heads, size);
            floats(tokens, heads, size);
            if (firstTokens) {
                operand(Tensor.of(IntStream.rangeClosed(0, sequences).toArray(), sequences + 1));
                operand(ints(segments));
                operand(Tensor.of(new int[sequences], sequences));
                operand(ints(positions));
            } else {
                Node rows = operand(ints(segments));
                operands.add(rows);
                Node places = operand(ints(positions));
                operands.add(places);
            }
            tables(heads, size, 2 * length - 1);
            seed();
            floats(queries, heads, size);
            KernelOp.PackedAttention op = new KernelOp.PackedAttention(0.3, c2p, p2c, Dim.of(length), dropout);
            return program(op, result -> new KernelOp.PackedAttentionGrad(op, result));
        }

        private void seed() {
            if (dropout.isPresent()) {
                operand(Tensor.ofDoubles(DType.I64, new double[] {random.nextInt()}));
            }
        }

        /** A program with attention and all of its gradients, and sometimes with some of them. */
        private Program program(KernelOp attention, Function<AttentionGradient, KernelOp> op) {
            boolean all = random.nextInt(3) > 0;
            List<Output> outputs = new ArrayList<>();
            outputs.add(new Output("out", b.op(attention, operands.subList(0, operands.size() - 1))));
            for (AttentionGradient result : AttentionGradient.values()) {
                boolean exists = (c2p || result != AttentionGradient.DPK) && (p2c || result != AttentionGradient.DPQ);
                if (exists && (all || random.nextBoolean() || result == AttentionGradient.DV)) {
                    outputs.add(new Output(result.text(), b.op(op.apply(result), operands)));
                }
            }
            return new Program("gradients", inputs, outputs, Map.of());
        }
    }

    private static Executable load(Program program) {
        return new VectorDevice().load(Compiler.compile(program, List.of()));
    }

    @Test
    void agreesWithTheInterpreter() {
        for (int seed = 0; seed < 150; seed++) {
            Sample sample = new Sample(seed);
            Program program = seed % 2 == 0 ? sample.padded() : sample.packed();
            Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, sample.values);
            try (Executable executable = load(program)) {
                Map<String, Tensor> found = executable.run(sample.values);
                for (Output output : program.outputs()) {
                    check(
                            output.name() + " of program " + seed,
                            expected.get(output.name()).toDoubles(),
                            found.get(output.name()).toDoubles(),
                            expected.get(AttentionGradient.DV.text()).toDoubles());
                }
            }
        }
    }

    /**
     * Compares what is found to the size of what is expected, or to that of dv: gradients of tables may be the small
     * rest of sums that are as large as those of dv, and 0 where all keys that a query sees have one row of the table.
     */
    private static void check(String what, double[] expected, double[] found, double[] dv) {
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (expected[i] - found[i]) * (expected[i] - found[i]);
        }
        double size = Math.max(squares(expected), squares(dv));
        assertTrue(difference <= NMSE * size, what + " is off by " + difference / size);
    }

    private static double squares(double[] x) {
        return Arrays.stream(x).map(e -> e * e).sum();
    }

    @Test
    void hasTheSameBitsWithAnyNumberOfThreads() {
        int threads = WorkerPool.SHARED.threads();
        try {
            for (int seed = 0; seed < 30; seed++) {
                Sample sample = new Sample(seed);
                Program program = seed % 2 == 0 ? sample.padded() : sample.packed();
                try (Executable executable = load(program)) {
                    WorkerPool.SHARED.limit(1);
                    Map<String, Tensor> first = executable.run(sample.values);
                    for (int more = 2; more <= Math.min(4, threads); more++) {
                        WorkerPool.SHARED.limit(more);
                        executable
                                .run(sample.values)
                                .forEach((name, tensor) ->
                                        assertArrayEquals(first.get(name).toFloats(), tensor.toFloats(), name));
                    }
                }
            }
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
    }

    /** Whatever the values of a key that no query sees: its gradients are zeros, and it adds nothing to others. */
    @Test
    void hiddenKeysHaveZeros() {
        Sample sample = new Sample(0);
        int length = 20;
        int size = 8;
        for (int i = 0; i < 3; i++) {
            sample.floats(1, length, 1, size);
        }
        double[] mask = new double[length];
        Arrays.fill(mask, 0, length / 2, 1);
        sample.operand(Tensor.ofDoubles(DType.I1, mask, 1, 1, 1, length));
        sample.floats(1, length, 1, size);
        KernelOp.DisentangledAttention op = new KernelOp.DisentangledAttention(0.3, false, false);
        List<Output> outputs = new ArrayList<>();
        for (AttentionGradient result : List.of(AttentionGradient.DK, AttentionGradient.DV)) {
            outputs.add(new Output(
                    result.text(), sample.b.op(new KernelOp.DisentangledAttentionGrad(op, result), sample.operands)));
        }
        try (Executable executable = load(new Program("gradients", sample.inputs, outputs, Map.of()))) {
            executable.run(sample.values).forEach((name, tensor) -> {
                float[] elements = tensor.toFloats();
                for (int i = length / 2 * size; i < length * size; i++) {
                    assertEquals(0, elements[i], 0, name);
                }
            });
        }
    }

    @Test
    void runsOnce() {
        Sample sample = new Sample(0);
        Program program = sample.padded();
        Profile profile = new Profile();
        try (Executable executable = load(program)) {
            executable.run(sample.values, profile);
        }
        Set<String> operations =
                profile.entries().stream().map(Profile.Entry::operation).collect(Collectors.toSet());
        assertEquals(Set.of("disentangled_attention", "disentangled_attention_grad"), operations);
    }
}

package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.vector.amx.Bf16;
import detangle.compiler.Compiler;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sequences of all lengths with holes, empty ones too, with every combination of terms, against the interpreter. */
class PackedAttentionTest {
    private static final double NMSE = 1e-11;
    /** The bound of each sample in bfloat16: some have few tokens and a probability that is rounded the other way. */
    private static final double NMSE_IN_BF16 = 1e-6;

    /** The bound of half of the samples, which lies far below what a lost part of an operand changes. */
    private static final double MEDIAN_IN_BF16 = 1e-9;

    private static final double SCALE = 0.3;
    private static final int[] LENGTHS = {1, 2, 5, 16, 17, 33, 50, 97};
    private static final int[] SIZES = {1, 3, 8, 16, 33, 64};

    private final Builder b = new Builder();
    private final List<Node> inputs = new ArrayList<>();
    private final Map<String, Tensor> values = new HashMap<>();

    // The fields from here on describe the sample that was drawn last.
    private int length;
    private int heads;
    private int size;
    private int rows;
    private boolean firstTokens;
    private boolean c2p;
    private boolean p2c;
    private final List<Integer> segments = new ArrayList<>(List.of(0));
    private final List<Integer> positions = new ArrayList<>();

    private Node input(Tensor value) {
        String name = "x" + inputs.size();
        inputs.add(b.input(name, value.type()));
        values.put(name, value);
        return inputs.getLast();
    }

    private static Tensor floats(Random random, long... shape) {
        double[] data = random.doubles(Tensor.elements(shape), -2, 2).toArray();
        return Tensor.ofDoubles(DType.F32, data, shape);
    }

    private static Tensor ints(List<Integer> data) {
        return Tensor.of(data.stream().mapToInt(i -> i).toArray(), data.size());
    }

    @Test
    void agreesWithTheInterpreter() {
        for (int seed = 0; seed < 300; seed++) {
            PackedAttentionTest sample = new PackedAttentionTest();
            Program program = sample.program(seed);
            Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, sample.values);
            sample.check(seed, program, new VectorDevice(), expected, NMSE);
        }
    }

    /**
     * By the tiles of this machine or those in Java. What is expected rounds probabilities as well, and nothing else.
     * So the bounds are far below an error of bfloat16, and each part of queries, keys, values and tables has to be
     * there.
     */
    @Test
    void productsInBfloat16HaveAllPartsOfTheirOperands() {
        System.setProperty(ComputePrecision.EMULATION, "true");
        try {
            Device device = new VectorDevice().withPrecision(ComputePrecision.BF16);
            double[] errors = new double[40];
            for (int seed = 0; seed < errors.length; seed++) {
                PackedAttentionTest sample = new PackedAttentionTest();
                Program program = sample.program(seed);
                Map<String, Tensor> expected = Map.of("y", sample.withRoundedProbabilities());
                errors[seed] = sample.check(seed, program, device, expected, NMSE_IN_BF16);
            }
            Arrays.sort(errors);
            double median = errors[errors.length / 2];
            assertTrue(median <= MEDIAN_IN_BF16, "half of the programs are off by " + median);
        } finally {
            System.clearProperty(ComputePrecision.EMULATION);
        }
    }

    private double check(int seed, Program program, Device device, Map<String, Tensor> expected, double bound) {
        try (Executable executable = device.load(Compiler.compile(program, List.of()))) {
            double error = Closeness.nmse(expected, executable.run(values));
            assertTrue(error <= bound, "program " + seed + " is off by " + error);
            return error;
        }
    }

    private Program program(int seed) {
        Random random = new Random(seed);
        length = LENGTHS[random.nextInt(LENGTHS.length)];
        heads = 1 + random.nextInt(3);
        size = SIZES[random.nextInt(SIZES.length)];
        rows = 1 + random.nextInt(40);
        firstTokens = random.nextInt(4) == 0;
        double kept = List.of(1.0, 0.9, 0.3).get(random.nextInt(3));
        int sequences = 1 + random.nextInt(4);
        for (int n = 0; n < sequences; n++) {
            int end = random.nextInt(length + 1);
            IntStream.range(0, end)
                    .filter(i -> firstTokens && i == 0 || random.nextDouble() < kept)
                    .forEach(positions::add);
            segments.add(positions.size());
        }
        int tokens = positions.size();
        int queries = firstTokens ? sequences : tokens;
        Node q = input(floats(random, queries, heads, size));
        Node k = input(floats(random, tokens, heads, size));
        Node v = input(floats(random, tokens, heads, size));
        Node keySegments = input(ints(segments));
        Node keyPositions = input(ints(positions));
        List<Node> operands = new ArrayList<>(List.of(q, k, v));
        if (firstTokens) {
            operands.add(input(Tensor.of(IntStream.rangeClosed(0, sequences).toArray(), sequences + 1)));
            operands.addAll(List.of(keySegments, input(Tensor.of(new int[sequences], sequences)), keyPositions));
        } else {
            operands.addAll(List.of(keySegments, keySegments, keyPositions, keyPositions));
        }
        c2p = random.nextBoolean();
        p2c = random.nextBoolean();
        for (int i = 0; i < (c2p ? 1 : 0) + (p2c ? 1 : 0); i++) {
            operands.add(input(floats(random, heads, rows, size)));
        }
        if (c2p || p2c) {
            int[] table = random.nextBoolean()
                    ? buckets(random, length, rows)
                    : random.ints(2 * length - 1, 0, rows).toArray();
            operands.add(input(Tensor.of(table, 2 * length - 1)));
        }
        Node out = b.op(new KernelOp.PackedAttention(SCALE, c2p, p2c, Dim.of(length)), operands);
        return new Program("attention", inputs, List.of(new Program.Output("y", out)), Map.of());
    }

    /** Computes attention in f64 but for the exponentials, which multiply values as numbers of bfloat16. */
    private Tensor withRoundedProbabilities() {
        double[] q = values.get("x0").toDoubles();
        double[] k = values.get("x1").toDoubles();
        double[] v = values.get("x2").toDoubles();
        int tables = firstTokens ? 7 : 5;
        double[] pk = c2p ? values.get("x" + tables).toDoubles() : new double[0];
        double[] pq = p2c ? values.get("x" + (c2p ? tables + 1 : tables)).toDoubles() : new double[0];
        double[] table = c2p || p2c ? values.get("x" + (inputs.size() - 1)).toDoubles() : new double[0];
        double[] out = new double[q.length];
        for (int n = 0; n + 1 < segments.size(); n++) {
            int begin = segments.get(n);
            int end = segments.get(n + 1);
            for (int query = firstTokens ? n : begin; query < (firstTokens ? n + 1 : end) && begin < end; query++) {
                int position = firstTokens ? 0 : positions.get(query);
                for (int h = 0; h < heads; h++) {
                    int at = (query * heads + h) * size;
                    double[] scores = new double[end - begin];
                    for (int j = begin; j < end; j++) {
                        int key = (j * heads + h) * size;
                        double score = dot(q, at, k, key);
                        if (c2p || p2c) {
                            int row = (int) table[position - positions.get(j) + length - 1];
                            score += c2p ? dot(q, at, pk, (h * rows + row) * size) : 0;
                            score += p2c ? dot(k, key, pq, (h * rows + row) * size) : 0;
                        }
                        scores[j - begin] = SCALE * score;
                    }
                    double largest = Arrays.stream(scores).max().orElseThrow();
                    double sum = 0;
                    for (int j = begin; j < end; j++) {
                        double power = Math.exp(scores[j - begin] - largest);
                        sum += power;
                        for (int e = 0; e < size; e++) {
                            out[at + e] += Bf16.widen(Bf16.round((float) power)) * v[(j * heads + h) * size + e];
                        }
                    }
                    for (int e = at; e < at + size; e++) {
                        out[e] /= sum;
                    }
                }
            }
        }
        return Tensor.ofDoubles(DType.F64, out, q.length / heads / size, heads, size);
    }

    private double dot(double[] x, int xAt, double[] y, int yAt) {
        double sum = 0;
        for (int e = 0; e < size; e++) {
            sum += x[xAt + e] * y[yAt + e];
        }
        return sum;
    }

    /** As relative positions are: the next distance has the same row or the next. */
    private static int[] buckets(Random random, int length, int rows) {
        int[] table = new int[2 * length - 1];
        for (int i = 1; i < table.length; i++) {
            table[i] = Math.min(rows - 1, table[i - 1] + random.nextInt(2));
        }
        return table;
    }

    /** One index into tables of different heights. */
    @Test
    void tablesOfDifferentHeightsShareAnIndex() {
        int length = 5;
        Random random = new Random(1);
        Node x = input(floats(random, length, 1, 8));
        Node segments = input(ints(List.of(0, length)));
        Node positions = input(ints(List.of(0, 1, 2, 3, 4)));
        Node table = b.constant(new Literal.Named("table"), TensorType.of(DType.I32, 2 * length - 1));
        Map<String, Tensor> constants = new HashMap<>();
        constants.put("table", Tensor.of(random.ints(2 * length - 1, 0, 4).toArray(), 2 * length - 1));
        List<Program.Output> outputs = new ArrayList<>();
        for (int rows : new int[] {4, 40}) {
            constants.put("p" + rows, floats(random, 1, rows, 8));
            Node pq = b.constant(new Literal.Named("p" + rows), TensorType.of(DType.F32, 1, rows, 8));
            KernelOp op = new KernelOp.PackedAttention(0.3, false, true, Dim.of(length));
            Node out = b.op(op, x, x, x, segments, segments, positions, positions, pq, table);
            outputs.add(new Program.Output("y" + rows, out));
        }
        Program program = new Program("attention", inputs, outputs, constants);
        Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, values);
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            assertTrue(Closeness.nmse(expected, executable.run(values)) <= NMSE);
        }
    }
}

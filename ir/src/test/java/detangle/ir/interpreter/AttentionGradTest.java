package detangle.ir.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The gradients of attention, padded and packed, with and without dropout, against central differences of attention
 * itself, in f64.
 */
class AttentionGradTest {
    private static final double STEP = 1e-5;

    /** Central differences are off by about the square of the step, and by rounding over the step. */
    private static final double TOLERANCE = 1e-8;

    private static final AttentionDropout DROPOUT = new AttentionDropout(0.4, 3);

    private static final long HEADS = 2;
    private static final long SIZE = 3;
    private static final long ROWS = 4;

    private final Random random = new Random(7);
    private final Builder b = new Builder();
    private final List<Node> operands = new ArrayList<>();
    private final Map<String, Tensor> values = new HashMap<>();

    private void floats(String name, long... shape) {
        double[] elements = random.doubles(Tensor.elements(shape), -2, 2).toArray();
        operand(name, Tensor.ofDoubles(DType.F64, elements, shape));
    }

    private void operand(String name, Tensor value) {
        operands.add(b.input(name, value.type()));
        values.put(name, value);
    }

    private void tables(boolean c2p, boolean p2c, int distances) {
        if (c2p) {
            floats("pk", HEADS, ROWS, SIZE);
        }
        if (p2c) {
            floats("pq", HEADS, ROWS, SIZE);
        }
        if (c2p || p2c) {
            operand("table", Tensor.of(random.ints(distances, 0, (int) ROWS).toArray(), distances));
        }
    }

    /** The mask hides keys from some queries, all of them from one, and one key from all. */
    @Test
    void paddedAgreesWithCentralDifferences() {
        for (boolean c2p : new boolean[] {false, true}) {
            for (boolean p2c : new boolean[] {false, true}) {
                for (int queries : new int[] {3, 1}) {
                    new AttentionGradTest().padded(c2p, p2c, queries, 3, AttentionDropout.NONE);
                    new AttentionGradTest().padded(c2p, p2c, queries, 3, DROPOUT);
                }
            }
        }
    }

    private void seed(AttentionDropout dropout) {
        if (dropout.isPresent()) {
            operand("seed", Tensor.ofDoubles(DType.I64, new double[] {random.nextInt(99)}));
        }
    }

    private void padded(boolean c2p, boolean p2c, int queries, int keys, AttentionDropout dropout) {
        floats("q", 2, queries, HEADS, SIZE);
        floats("k", 2, keys, HEADS, SIZE);
        floats("v", 2, keys, HEADS, SIZE);
        double[] seen = IntStream.range(0, 2 * queries * keys)
                .mapToDouble(i -> i / keys == 1 || i % keys == 1 ? 0 : random.nextInt(4) > 0 ? 1 : 0)
                .toArray();
        operand("mask", Tensor.ofDoubles(DType.I1, seen, 2, 1, queries, keys));
        tables(c2p, p2c, queries + keys - 1);
        seed(dropout);
        KernelOp.DisentangledAttention op = new KernelOp.DisentangledAttention(0.7, c2p, p2c, dropout);
        check(op, c2p, p2c, result -> new KernelOp.DisentangledAttentionGrad(op, result));
    }

    /** Sequences with holes, and an empty one. */
    @Test
    void packedAgreesWithCentralDifferences() {
        for (boolean c2p : new boolean[] {false, true}) {
            for (boolean p2c : new boolean[] {false, true}) {
                for (boolean firstTokens : new boolean[] {false, true}) {
                    new AttentionGradTest().packed(c2p, p2c, firstTokens, AttentionDropout.NONE);
                    new AttentionGradTest().packed(c2p, p2c, firstTokens, DROPOUT);
                }
            }
        }
    }

    private void packed(boolean c2p, boolean p2c, boolean firstTokens, AttentionDropout dropout) {
        Tensor segments = Tensor.of(new int[] {0, 3, 3, 5}, 4);
        Tensor positions = Tensor.of(new int[] {0, 1, 3, 1, 2}, 5);
        floats("q", firstTokens ? 3 : 5, HEADS, SIZE);
        floats("k", 5, HEADS, SIZE);
        floats("v", 5, HEADS, SIZE);
        operand("query_segments", firstTokens ? Tensor.of(new int[] {0, 1, 2, 3}, 4) : segments);
        operand("key_segments", segments);
        operand("query_positions", firstTokens ? Tensor.of(new int[3], 3) : positions);
        operand("key_positions", positions);
        tables(c2p, p2c, 7);
        seed(dropout);
        KernelOp.PackedAttention op = new KernelOp.PackedAttention(0.7, c2p, p2c, Dim.of(4), dropout);
        check(op, c2p, p2c, result -> new KernelOp.PackedAttentionGrad(op, result));
    }

    private interface Gradient {
        KernelOp of(AttentionGradient result);
    }

    /** The loss is the sum of the result times dout, whose gradient of the result is dout. */
    private void check(KernelOp attention, boolean c2p, boolean p2c, Gradient gradient) {
        Node out = b.op(attention, operands);
        floats("dout", out.shape().sizes());
        Program forward = new Program("forward", operands, List.of(new Output("out", out)), Map.of());
        List<Output> outputs = new ArrayList<>();
        for (AttentionGradient result : AttentionGradient.values()) {
            if ((c2p || result != AttentionGradient.DPK) && (p2c || result != AttentionGradient.DPQ)) {
                outputs.add(new Output(result.text(), b.op(gradient.of(result), operands)));
            }
        }
        Interpreter interpreter = new Interpreter(Precision.F64);
        Map<String, Tensor> found = interpreter.run(new Program("gradients", operands, outputs, Map.of()), values);
        found.forEach((name, value) -> compare(forward, name.substring(1), value.toDoubles()));
    }

    private void compare(Program forward, String operand, double[] found) {
        Tensor value = values.get(operand);
        for (int i = 0; i < found.length; i++) {
            double difference = loss(forward, operand, value, i, STEP) - loss(forward, operand, value, i, -STEP);
            assertEquals(difference / (2 * STEP), found[i], TOLERANCE, "element " + i + " of d" + operand);
        }
    }

    private double loss(Program forward, String operand, Tensor value, int element, double step) {
        double[] moved = value.toDoubles();
        moved[element] += step;
        Map<String, Tensor> inputs = new HashMap<>(values);
        inputs.put(operand, Tensor.of(moved, value.shape()));
        double[] out =
                new Interpreter(Precision.F64).run(forward, inputs).get("out").toDoubles();
        double[] dout = values.get("dout").toDoubles();
        return IntStream.range(0, out.length).mapToDouble(i -> out[i] * dout[i]).sum();
    }
}

package detangle.ir.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The gradients of layer norm against central differences of layer norm itself, in f64. */
class LayerNormGradTest {
    private static final double EPSILON = 0.01;
    private static final double STEP = 1e-5;

    /** Central differences are off by about the square of the step, and by rounding over the step. */
    private static final double TOLERANCE = 1e-8;

    private final Random random = new Random(5);

    @Test
    void agreesWithCentralDifferences() {
        for (List<Long> shape : List.of(List.of(7L), List.of(3L, 5L), List.of(2L, 3L, 4L), List.of(1L, 1L))) {
            check(shape.stream().mapToLong(n -> n).toArray(), false);
            check(shape.stream().mapToLong(n -> n).toArray(), true);
        }
    }

    /** The loss is the sum of the result times dy, whose gradient of the result is dy. */
    private void check(long[] shape, boolean residual) {
        Builder b = new Builder();
        TensorType rows = TensorType.of(DType.F64, shape);
        TensorType row = TensorType.of(DType.F64, shape[shape.length - 1]);
        List<Node> operands = new ArrayList<>(List.of(b.input("x", rows)));
        if (residual) {
            operands.add(b.input("residual", rows));
        }
        operands.add(b.input("gamma", row));
        Node beta = b.input("beta", row);
        Node dy = b.input("dy", rows);
        List<Node> forward = new ArrayList<>(operands);
        forward.add(beta);
        List<Node> backward = new ArrayList<>(operands);
        backward.add(dy);
        List<Node> inputs = new ArrayList<>(forward);
        inputs.add(dy);
        Map<String, double[]> values = new HashMap<>();
        for (Node input : inputs) {
            int n = (int) Tensor.elements(input.shape().sizes());
            values.put(input.name(), random.doubles(n, -2, 2).toArray());
        }
        Program norm = new Program(
                "norm",
                inputs,
                List.of(new Output("y", b.op(new KernelOp.LayerNorm(EPSILON, residual), forward))),
                Map.of());
        List<Output> gradients = new ArrayList<>();
        for (KernelOp.LayerNormGrad.Result result : KernelOp.LayerNormGrad.Result.values()) {
            gradients.add(
                    new Output(result.text(), b.op(new KernelOp.LayerNormGrad(EPSILON, residual, result), backward)));
        }
        Map<String, Tensor> found = run(new Program("gradients", inputs, gradients, Map.of()), values);
        compare(found.get("dx"), norm, "x", values);
        compare(found.get("dgamma"), norm, "gamma", values);
        compare(found.get("dbeta"), norm, "beta", values);
        if (residual) {
            compare(found.get("dx"), norm, "residual", values);
        }
    }

    private static void compare(Tensor gradient, Program norm, String operand, Map<String, double[]> values) {
        double[] found = gradient.toDoubles();
        double[] at = values.get(operand);
        assertEquals(at.length, found.length);
        for (int i = 0; i < at.length; i++) {
            double value = at[i];
            at[i] = value + STEP;
            double above = loss(norm, values);
            at[i] = value - STEP;
            double below = loss(norm, values);
            at[i] = value;
            assertEquals((above - below) / (2 * STEP), found[i], TOLERANCE, "element " + i + " of d" + operand);
        }
    }

    private static double loss(Program norm, Map<String, double[]> values) {
        double[] y = run(norm, values).get("y").toDoubles();
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += y[i] * values.get("dy")[i];
        }
        return sum;
    }

    private static Map<String, Tensor> run(Program program, Map<String, double[]> values) {
        Map<String, Tensor> inputs = new HashMap<>();
        for (Node input : program.inputs()) {
            inputs.put(
                    input.name(),
                    Tensor.ofDoubles(
                            DType.F64, values.get(input.name()), input.shape().sizes()));
        }
        return new Interpreter(Precision.F64).run(program, inputs);
    }
}

package detangle.compiler.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.compiler.CompileException;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Idioms;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class GradientTest {
    private static final Builder B = new Builder();

    private static Node sum(Node x) {
        Node flat = B.reshape(x, x.shape().elements());
        return B.reshape(B.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
    }

    private static Program program(Node loss, Node... inputs) {
        return new Program("forward", List.of(inputs), List.of(new Output(CentralDifferences.LOSS, loss)), Map.of());
    }

    private static Map<String, Tensor> run(Map<String, Node> gradients, Map<String, Tensor> parameters) {
        List<Output> outputs = new ArrayList<>();
        gradients.forEach((name, node) -> outputs.add(new Output(name, node)));
        Program program = new Program("gradients", List.of(), outputs, Map.of());
        return new Interpreter(Precision.F64).run(program, Map.of(), parameters).outputs();
    }

    @Test
    void whatTheLossDoesNotDependOnHasZeros() {
        Node x = B.param("x", TensorType.of(DType.F64, 2));
        Node other = B.param("other", TensorType.of(DType.F32, 4, 3));
        Node scalar = B.param("scalar", new TensorType(DType.F64, Shape.SCALAR));
        List<Node> gradients = Gradient.of(sum(B.mul(x, x)), List.of(other, x, scalar));
        assertEquals(other.type(), gradients.get(0).type());
        assertEquals(scalar.type(), gradients.get(2).type());
        Map<String, Tensor> found = run(
                Map.of("other", gradients.get(0), "x", gradients.get(1), "scalar", gradients.get(2)),
                Map.of("x", Tensor.of(new double[] {2, -3}, 2)));
        assertArrayEquals(new double[12], found.get("other").toDoubles());
        assertArrayEquals(new double[] {4, -6}, found.get("x").toDoubles());
        assertArrayEquals(new double[1], found.get("scalar").toDoubles());
    }

    /** The gradient with respect to a value on the way is that of all its readers, and the way goes on below it. */
    @Test
    void valuesOnTheWayHaveGradients() {
        Node x = B.param("x", TensorType.of(DType.F64, 2));
        Node y = B.mul(x, B.constant(DType.F64, 3));
        Node loss = sum(B.mul(y, y));
        List<Node> gradients = Gradient.of(loss, List.of(y, x, loss));
        Map<String, Tensor> found = run(
                Map.of("y", gradients.get(0), "x", gradients.get(1), "loss", gradients.get(2)),
                Map.of("x", Tensor.of(new double[] {1, 2}, 2)));
        assertArrayEquals(new double[] {6, 12}, found.get("y").toDoubles());
        assertArrayEquals(new double[] {18, 36}, found.get("x").toDoubles());
        assertArrayEquals(new double[] {1}, found.get("loss").toDoubles());
    }

    /** A parameter that stands in a program as several nodes is one parameter. */
    @Test
    void everyNodeOfAParameterCounts() {
        TensorType type = TensorType.of(DType.F64, 1);
        Program program = program(sum(B.mul(B.param("w", type), B.param("w", type))));
        SequencedMap<String, Node> gradients = Gradients.of(program, CentralDifferences.LOSS, List.of("w"));
        assertEquals(List.of("w"), List.copyOf(gradients.keySet()));
        Map<String, Tensor> found = run(gradients, Map.of("w", Tensor.of(new double[] {5}, 1)));
        assertArrayEquals(new double[] {10}, found.get("w").toDoubles());
    }

    @Test
    void whatHasNoGradientIsRefused() {
        Node x = B.param("x", TensorType.of(DType.F32, 2));
        Node ids = B.param("ids", TensorType.of(DType.I64, 2));
        assertRefused(
                "a gradient is taken of a float scalar, and the parameter x is f32[2]: take the sum or the mean of its"
                        + " elements",
                () -> Gradient.of(x, List.of(x)));
        assertRefused(
                "a gradient is taken with respect to floats, and the parameter ids is i64[2]",
                () -> Gradient.of(sum(x), List.of(ids)));
        assertRefused(
                "the program forward does not read the parameter y: leave it out of those that are trained",
                () -> Gradients.of(program(sum(x)), CentralDifferences.LOSS, List.of("x", "y")));
    }

    private static void assertRefused(String message, Runnable call) {
        assertEquals(message, assertThrows(CompileException.class, call::run).getMessage());
    }

    /** Models are deep, and programs deeper; nothing here may recurse. */
    @Test
    void deepProgramsAreDifferentiated() {
        Node x = B.param("x", TensorType.of(DType.F64, 1));
        Node y = x;
        for (int i = 0; i < 20_000; i++) {
            y = B.add(y, x);
        }
        Node gradient = Gradient.of(sum(y), List.of(x)).getFirst();
        Map<String, Tensor> found = run(Map.of("x", gradient), Map.of("x", Tensor.of(new double[] {1}, 1)));
        assertArrayEquals(new double[] {20_001}, found.get("x").toDoubles());
    }

    /** Rows without any place give zeros and never NaN, in primitives and as a kernel, and the others are right. */
    @Test
    void maskedRowsHaveZeros() {
        TensorType type = TensorType.of(DType.F64, 3, 4);
        Node x = B.input("x", type);
        Node mask = B.input("mask", TensorType.of(DType.I1, 3, 4));
        Node weights = B.input("weights", type);
        Map<String, Tensor> inputs = Map.of(
                "x",
                Tensor.of(new double[] {0.5, -1, 700, 2, 1, Double.NEGATIVE_INFINITY, 3, 4, 1, 2, 3, 4}, 3, 4),
                "mask",
                Tensor.of(
                        new boolean[] {true, true, false, true, false, false, false, false, true, false, false, false},
                        3,
                        4),
                "weights",
                Tensor.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, 4));
        for (Node softmax :
                List.of(new Idioms(B).maskedSoftmax(x, mask), B.op(new KernelOp.MaskedSoftmax(), x, mask))) {
            Program program = program(sum(B.mul(softmax, weights)), x, mask, weights);
            double[] found = CentralDifferences.gradients(program, inputs, Map.of())
                    .get("x")
                    .toDoubles();
            double[] p = {Math.exp(0.5), Math.exp(-1), 0, Math.exp(2)};
            double sum = p[0] + p[1] + p[3];
            double mean = (p[0] + 2 * p[1] + 4 * p[3]) / sum;
            for (int i = 0; i < 4; i++) {
                assertEquals(p[i] / sum * (i + 1 - mean), found[i], 1e-14);
            }
            for (int i = 4; i < 12; i++) {
                assertEquals(0, Math.abs(found[i]), "element " + i);
            }
        }
    }
}

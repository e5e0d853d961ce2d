package detangle.train.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ClippingTest {
    /** The expected numbers were computed in single precision. */
    private static final double TOLERANCE = 1e-6;

    private static Map<String, Tensor> run(Clipping clipping, double scale, double[] gradient) {
        Builder b = new Builder();
        Node g = b.input("g", TensorType.of(DType.F64, Dim.of(gradient.length)));
        Node norm = b.mul(Clipping.norm(b, List.of(g)), b.constant(DType.F64, 1 / scale));
        Node factor = b.mul(clipping.factor(b, norm), b.constant(DType.F64, 1 / scale));
        Program program = new Program(
                "clip",
                List.of(g),
                List.of(new Output("norm", norm), new Output("clipped", b.mul(g, factor))),
                Map.of());
        return new Interpreter(Precision.F64).run(program, Map.of("g", Tensor.of(gradient, gradient.length)));
    }

    @Test
    void agreesWithTheOriginals() {
        JsonNode cases = Numbers.read("clipping.json").path("cases");
        assertEquals(9, cases.size());
        for (JsonNode c : cases) {
            double[] gradient = Numbers.doubles(c.path("scaled_gradient"));
            double scale = c.path("loss_scale").asDouble();
            double most = c.path("max_norm").asDouble();
            check(c.path("original_true_gradient"), run(new Clipping(most, Clipping.Rule.MICROSOFT), scale, gradient));
            if (c.path("torch_clipped").isArray()) {
                Map<String, Tensor> torchs = run(new Clipping(most, Clipping.Rule.TORCH), 1, gradient);
                check(c.path("torch_clipped"), torchs);
                double norm = c.path("torch_norm").asDouble();
                assertEquals(norm, torchs.get("norm").getDouble(0), TOLERANCE * norm);
            }
        }
    }

    private static void check(JsonNode expected, Map<String, Tensor> found) {
        for (int i = 0; i < expected.size(); i++) {
            double wanted = expected.path(i).asDouble();
            assertEquals(wanted, found.get("clipped").getDouble(i), TOLERANCE * Math.abs(wanted));
        }
    }

    /** With 1e-6 in the divisor, a norm that is the largest allowed is made smaller, and without it is not. */
    @Test
    void theTwoRulesDiffer() {
        double[] gradient = {3, 4};
        assertEquals(
                3,
                run(new Clipping(5, Clipping.Rule.MICROSOFT), 1, gradient)
                        .get("clipped")
                        .getDouble(0));
        double torchs = run(new Clipping(5, Clipping.Rule.TORCH), 1, gradient)
                .get("clipped")
                .getDouble(0);
        assertEquals(3 * (5 / (5 + 1e-6)), torchs, 1e-15);
    }

    @Test
    void theNormIsOfAllGradientsTogether() {
        Builder b = new Builder();
        Node matrix = b.input("m", TensorType.of(DType.F64, Dim.of(2), Dim.of(2)));
        Node scalar = b.input("s", new TensorType(DType.F64, Shape.SCALAR));
        Program program = new Program(
                "norm",
                List.of(matrix, scalar),
                List.of(new Output("norm", Clipping.norm(b, List.of(matrix, scalar)))),
                Map.of());
        Map<String, Tensor> inputs =
                Map.of("m", Tensor.of(new double[] {1, 2, 3, 1}, 2, 2), "s", Tensor.of(new double[] {7}));
        double norm =
                new Interpreter(Precision.F64).run(program, inputs).get("norm").getDouble(0);
        assertEquals(8, norm, 1e-15);
    }
}

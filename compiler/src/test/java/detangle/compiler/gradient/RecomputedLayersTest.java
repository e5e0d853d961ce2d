package detangle.compiler.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.pass.CommonSubexpressions;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/**
 * Tests which values are computed again, and when. Each layer adds the tanh of a product to its input, which the
 * product reads after dropout.
 */
class RecomputedLayersTest {
    private static final Builder B = new Builder();
    private static final int WIDTH = 4;
    private static final int LAYERS = 4;

    private static Program forward() {
        Node x = B.input("x", TensorType.of(DType.F32, 8, WIDTH));
        Node seed = B.input("seed", new TensorType(DType.I64, Shape.SCALAR));
        Node value = B.dotTransposed(x, B.param("below", TensorType.of(DType.F32, WIDTH, WIDTH)));
        for (int layer = 0; layer < LAYERS; layer++) {
            Node uniform = B.op(new TensorOp.RandomUniform(value.type(), layer), seed);
            Node dropped = new Idioms(B).dropout(value, 0.1, uniform);
            Node weight = B.param("layer" + layer, TensorType.of(DType.F32, WIDTH, WIDTH));
            value = B.add(value, B.unary(UnaryFunction.TANH, B.dotTransposed(dropped, weight)));
        }
        Node flat = B.reshape(value, value.shape().elements());
        Node loss = B.reshape(B.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
        return new Program("forward", List.of(x, seed), List.of(new Output("loss", loss)), Map.of());
    }

    private static OptionalInt layer(String weight) {
        return weight.startsWith("layer") ? OptionalInt.of(Integer.parseInt(weight.substring(5))) : OptionalInt.empty();
    }

    /** The loss and the gradients of some parameters, with equal values merged. */
    private static List<Node> nodes(String... parameters) {
        Program forward = forward();
        List<Output> outputs = new ArrayList<>(forward.outputs());
        Gradients.of(forward, "loss", List.of(parameters), RecomputedLayersTest::layer)
                .forEach((name, gradient) -> outputs.add(new Output(name, gradient)));
        Program program = new Program("gradients", forward.inputs(), outputs, Map.of());
        return Compiler.run(program, List.of(new CommonSubexpressions()), (pass, p) -> {})
                .nodes();
    }

    private static boolean isTanh(Node node) {
        return node.op() instanceof TensorOp.Unary(UnaryFunction function) && function == UnaryFunction.TANH;
    }

    private static boolean isSum(Node node) {
        return node.op() instanceof TensorOp.Binary(BinaryFunction function) && function == BinaryFunction.ADD;
    }

    private static List<Node> held(List<Node> nodes) {
        return nodes.stream()
                .filter(node -> node.op() instanceof TensorOp.After)
                .toList();
    }

    /** The input of a layer is kept, and its value after dropout is computed again. */
    @Test
    void allLayersButTheLastAreComputedAgainFromTheirInputs() {
        List<Node> nodes = nodes("below", "layer0", "layer1", "layer2", "layer3");
        assertEquals(
                2 * LAYERS - 1,
                nodes.stream().filter(RecomputedLayersTest::isTanh).count());
        List<Node> held = held(nodes);
        assertEquals(LAYERS - 1, held.size());
        assertTrue(isSum(held.get(0).input(0)));
        assertTrue(isSum(held.get(1).input(0)));
        assertTrue(held.get(2).input(0).op() instanceof TensorOp.Dot);
    }

    /** A layer is computed again when the gradients of the layer above it are there, that of its weight too. */
    @Test
    void oneLayerIsComputedAgainAtATime() {
        List<Node> nodes = nodes("below", "layer0", "layer1", "layer2", "layer3");
        List<Node> held = held(nodes);
        for (int i = 1; i < held.size(); i++) {
            List<Node> between = nodes.subList(nodes.indexOf(held.get(i - 1)), nodes.indexOf(held.get(i)));
            assertEquals(
                    1, between.stream().filter(RecomputedLayersTest::isTanh).count());
            assertTrue(between.stream()
                    .anyMatch(n -> n.op() instanceof TensorOp.Dot(boolean lhsT, boolean rhsT) && lhsT));
        }
    }

    /** Where the lower layers alone are trained, the upper ones still come one after the other. */
    @Test
    void layersThatAreNotTrainedTakeTurnsToo() {
        List<Node> nodes = nodes("layer0");
        List<Node> held = held(nodes);
        assertEquals(LAYERS - 1, held.size());
        for (int i = 1; i < held.size(); i++) {
            List<Node> between = nodes.subList(nodes.indexOf(held.get(i - 1)), nodes.indexOf(held.get(i)));
            assertEquals(
                    1, between.stream().filter(RecomputedLayersTest::isTanh).count());
        }
    }

    @Test
    void layersWithoutGradientsAreNotComputedAgain() {
        assertEquals(List.of(), held(nodes("layer3")));
        assertEquals(1, held(nodes("layer2", "layer3")).size());
    }
}

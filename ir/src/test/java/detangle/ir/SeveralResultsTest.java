package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.KernelOp.LayerNormGrad;
import detangle.ir.Program.Output;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Results of one operation are nodes that stand side by side, and nothing else of them is special. */
class SeveralResultsTest {
    private final Builder b = new Builder();
    private final Node x = b.input("x", TensorType.of(DType.F32, Dim.symbol("B"), Dim.of(8)));
    private final Node gamma = b.input("gamma", TensorType.of(DType.F32, 8));
    private final Node dy = b.input("dy", x.type());

    private Node gradient(LayerNormGrad.Result result, Node... operands) {
        return b.op(new LayerNormGrad(0.1, false, result), operands);
    }

    private Program program(Node... outputs) {
        List<Output> named = Arrays.stream(outputs)
                .map(node -> new Output("y" + Arrays.asList(outputs).indexOf(node), node))
                .toList();
        return new Program("t", List.of(x, gamma, dy), named, Map.of());
    }

    @Test
    void standSideBySideAtTheFirst() {
        Node dx = gradient(LayerNormGrad.Result.DX, x, gamma, dy);
        Node dgamma = gradient(LayerNormGrad.Result.DGAMMA, x, gamma, dy);
        Node tanh = b.unary(UnaryFunction.TANH, dx);
        Node sum = b.add(tanh, dgamma);
        Program program = program(tanh, sum);
        assertEquals(List.of(x, gamma, dy, dx, dgamma, tanh, sum), program.nodes());
        assertEquals(
                List.of(List.of(x), List.of(gamma), List.of(dy), List.of(dx, dgamma), List.of(tanh), List.of(sum)),
                program.operations());
    }

    @Test
    void differInTheResultAlone() {
        Node dx = gradient(LayerNormGrad.Result.DX, x, gamma, dy);
        Node ofOthers = gradient(LayerNormGrad.Result.DGAMMA, dy, gamma, x);
        Node ofAnother = b.op(new LayerNormGrad(0.2, false, LayerNormGrad.Result.DBETA), x, gamma, dy);
        Node again = gradient(LayerNormGrad.Result.DX, x, gamma, dy);
        assertEquals(
                List.of(List.of(dx), List.of(ofOthers), List.of(ofAnother), List.of(again)),
                program(dx, ofOthers, ofAnother, again).operations().stream()
                        .filter(o -> o.getFirst().op() instanceof SeveralResults)
                        .toList());
    }

    @Test
    void areWrittenOneByOne() {
        String text = """
                func @t(%x: f32[B,8], %r: f32[B,8], %g: f32[8], %dy: f32[B,8]) -> (dx: f32[B,8], dg: f32[8]) {
                  %dx = layer_norm_grad %x, %r, %g, %dy {residual, eps=0.1, result=dx} : f32[B,8]
                  %dg = layer_norm_grad %x, %r, %g, %dy {residual, eps=0.1, result=dgamma} : f32[8]
                  return dx = %dx, dg = %dg
                }
                """;
        Program program = Parser.parse("t.dtir", text);
        assertEquals(List.of(), Verifier.verify(program));
        assertEquals(text, Printer.print(program));
        assertEquals(5, program.operations().size());
    }

    /** What the results have in common is computed once. */
    @Test
    void decomposeTogether() {
        Program one = Decomposition.decompose(program(gradient(LayerNormGrad.Result.DX, x, gamma, dy)));
        Program both = Decomposition.decompose(program(
                gradient(LayerNormGrad.Result.DX, x, gamma, dy), gradient(LayerNormGrad.Result.DGAMMA, x, gamma, dy)));
        // dy n, its sum over the one axis, and a reshape.
        assertEquals(one.nodes().size() + 3, both.nodes().size());
    }
}

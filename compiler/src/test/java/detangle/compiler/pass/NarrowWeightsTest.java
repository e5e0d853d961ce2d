package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.Activation;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NarrowWeightsTest {
    /** A weight that a product reads is rounded, once for all products; what something else reads stays. */
    @Test
    void weightsOfLinearLayersAreRounded() {
        Builder b = new Builder();
        Node x = b.input("x", TensorType.of(DType.F32, 2, 2));
        Node w = b.constant(new Literal.Named("w"), TensorType.of(DType.F32, 2, 2));
        Node bias = b.constant(new Literal.Named("b"), TensorType.of(DType.F32, 2));
        Node once = b.op(new KernelOp.Linear(true, Activation.NONE), x, w, bias);
        Node twice = b.op(new KernelOp.Linear(false, Activation.NONE), once, w);
        Tensor weight = Tensor.of(new float[] {1, 0.1f, -3, 1e-3f}, 2, 2);
        Program program = new Program(
                "f",
                List.of(x),
                List.of(new Program.Output("y", b.add(twice, w))),
                Map.of("w", weight, "b", Tensor.of(new float[] {0.1f, 0.2f}, 2)));

        Program narrow = new NarrowWeights(DType.BF16).run(program);

        Node product = narrow.output("y").input(0);
        assertEquals(
                new TensorOp.Constant(new Literal.Named("w:bf16"), TensorType.of(DType.BF16, 2, 2)),
                product.input(1).op());
        assertEquals(product.input(1), product.input(0).input(1));
        assertEquals(bias, product.input(0).input(2));
        assertEquals(w, narrow.output("y").input(1));
        assertArrayEquals(
                new float[] {1, 0.10009765625f, -3, 9.994507e-4f},
                narrow.constants().get("w:bf16").toFloats());
    }

    @Test
    void sixteenBitsAloneAreNarrow() {
        assertThrows(IllegalArgumentException.class, () -> new NarrowWeights(DType.F64));
    }
}

package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** One operation over tensors knows no symbols, so its attributes must not name any. */
class OpDimsTest {
    private static final Map<String, Long> SIZES = Map.of("S", 7L);

    @Test
    void bindsSizesOfTensorOperations() {
        Shape shape = Shape.of(Dim.of(2), Dim.symbol("S"));
        assertEquals(new TensorOp.Broadcast(Shape.of(2, 7)), OpDims.bind(new TensorOp.Broadcast(shape), SIZES));
    }

    @Test
    void bindsTheLengthOfPackedAttention() {
        assertEquals(
                new KernelOp.PackedAttention(1, true, true, Dim.of(7)),
                OpDims.bind(new KernelOp.PackedAttention(1, true, true, Dim.symbol("S")), SIZES));
    }
}

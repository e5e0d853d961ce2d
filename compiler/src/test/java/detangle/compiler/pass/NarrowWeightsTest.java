package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.DType;
import org.junit.jupiter.api.Test;

class NarrowWeightsTest {
    @Test
    void sixteenBitsAloneAreNarrow() {
        assertThrows(IllegalArgumentException.class, () -> new NarrowWeights(DType.F64));
    }
}

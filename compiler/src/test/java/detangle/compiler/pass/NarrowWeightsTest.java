package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.DType;
import org.junit.jupiter.api.Test;

class NarrowWeightsTest {
    /** A weight that products read is rounded once for all of them; what something else reads stays. */
    @Test
    void weightsOfLinearLayersAreRounded() {
        Sketch.becomes(new NarrowWeights(DType.BF16), """
                func @f(%x: f32[B,2]) -> (y: f32[B,2], z: f32[2,2]) {
                  %w = constant @"w" : f32[2,2]
                  %b = constant @"b" : f32[2]
                  %0 = linear %x, %w, %b {bias, act=none} : f32[B,2]
                  %1 = linear %0, %w {act=none} : f32[B,2]
                  %2 = tanh %w : f32[2,2]
                  return y = %1, z = %2
                }
                """, """
                func @f(%x: f32[B,2]) -> (y: f32[B,2], z: f32[2,2]) {
                  %w = constant @"w" : f32[2,2]
                  %0 = convert %w : bf16[2,2]
                  %b = constant @"b" : f32[2]
                  %1 = linear %x, %0, %b {bias, act=none} : f32[B,2]
                  %2 = linear %1, %0 {act=none} : f32[B,2]
                  %3 = tanh %w : f32[2,2]
                  return y = %2, z = %3
                }
                """);
    }

    /** Computed weights, and those that are narrow already, are none of its business. */
    @Test
    void otherWeightsStay() {
        Sketch.stays(new NarrowWeights(DType.F16), """
                func @f(%x: f32[B,2], %w: f32[2,2]) -> (y: f32[B,2]) {
                  %0 = constant @"n" : bf16[2,2]
                  %1 = linear %x, %0 {act=none} : f32[B,2]
                  %2 = linear %1, %w {act=none} : f32[B,2]
                  return y = %2
                }
                """);
    }

    @Test
    void sixteenBitsAloneAreNarrow() {
        assertThrows(IllegalArgumentException.class, () -> new NarrowWeights(DType.F64));
    }
}

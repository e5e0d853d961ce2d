package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FuseLinearTest {
    @Test
    void fusesProductBiasAndActivation() {
        Sketch.becomes(new FuseLinear(), """
                func @f(%x: f32[B,64]) -> (y: f32[B,32]) {
                  %0 = constant @"w" : f16[32,64]
                  %1 = convert %0 : f32[32,64]
                  %2 = dot %x, %1 {rhs_t} : f32[B,32]
                  %3 = constant @"b" : f32[32]
                  %4 = add %2, %3 : f32[B,32]
                  %5 = constant 0 : f32[]
                  %6 = max %4, %5 : f32[B,32]
                  return y = %6
                }
                """, """
                func @f(%x: f32[B,64]) -> (y: f32[B,32]) {
                  %0 = constant @"w" : f16[32,64]
                  %1 = constant @"b" : f32[32]
                  %2 = linear %x, %0, %1 {bias, act=relu} : f32[B,32]
                  return y = %2
                }
                """);
    }

    @Test
    void aProductThatIsReadTwiceKeepsItsValue() {
        Sketch.becomes(new FuseLinear(), """
                func @f(%x: f32[B,64], %w: f32[32,64], %b: f32[32]) -> (y: f32[B,32], z: f32[B,32]) {
                  %0 = dot %x, %w {rhs_t} : f32[B,32]
                  %1 = add %0, %b : f32[B,32]
                  return y = %0, z = %1
                }
                """, """
                func @f(%x: f32[B,64], %w: f32[32,64], %b: f32[32]) -> (y: f32[B,32], z: f32[B,32]) {
                  %0 = linear %x, %w {act=none} : f32[B,32]
                  %1 = add %0, %b : f32[B,32]
                  return y = %0, z = %1
                }
                """);
    }

    @Test
    void aProductOfThreeAxesIsNoLinear() {
        Sketch.stays(new FuseLinear(), """
                func @f(%x: f32[B,5,64], %w: f32[B,32,64]) -> (y: f32[B,5,32]) {
                  %0 = dot %x, %w {rhs_t} : f32[B,5,32]
                  return y = %0
                }
                """);
    }
}

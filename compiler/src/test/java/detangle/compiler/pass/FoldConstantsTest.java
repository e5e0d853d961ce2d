package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FoldConstantsTest {
    @Test
    void whatDependsOnConstantsAloneIsComputed() {
        Sketch.becomes(new FoldConstants(), """
                func @f(%x: f32[B,3]) -> (y: f32[B,3]) {
                  %0 = constant dense<1, 2, 4> : f32[3]
                  %1 = mul %0, %0 : f32[3]
                  %2 = add %x, %1 : f32[B,3]
                  return y = %2
                }
                """, """
                func @f(%x: f32[B,3]) -> (y: f32[B,3]) {
                  %0 = constant dense<1, 4, 16> : f32[3]
                  %1 = add %x, %0 : f32[B,3]
                  return y = %1
                }
                """);
    }

    /** A backend reads a weight as it is stored. */
    @Test
    void aConversionOfAWeightStays() {
        Sketch.stays(new FoldConstants(), """
                func @f(%x: f32[B,64]) -> (y: f32[B,32]) {
                  %0 = constant @"w" : f16[32,64]
                  %1 = convert %0 : f32[32,64]
                  %2 = dot %x, %1 {rhs_t} : f32[B,32]
                  return y = %2
                }
                """);
    }

    /** Its size is not known yet. */
    @Test
    void aFunctionOfASymbolicSizeStays() {
        Sketch.stays(new FoldConstants(), """
                func @f(%x: i32[S]) -> (y: i32[S]) {
                  %0 = iota {axis=0, start=0} : i32[S]
                  %1 = neg %0 : i32[S]
                  %2 = add %x, %1 : i32[S]
                  return y = %2
                }
                """);
    }

    /** The shape is static, the values are not. */
    @Test
    void attributesWithSymbolsStay() {
        Sketch.stays(new FoldConstants(), """
                func @f(%x: i32[S]) -> (y: i32[4], z: i32[2]) {
                  %0 = iota {axis=0, start=-S} : i32[4]
                  %1 = iota {axis=0, start=0} : i32[S+2]
                  %2 = slice %1 {axis=0, start=S, limit=S+2} : i32[2]
                  return y = %0, z = %2
                }
                """);
    }
}

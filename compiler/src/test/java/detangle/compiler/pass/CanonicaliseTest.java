package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class CanonicaliseTest {
    @Test
    void transposesCancel() {
        Sketch.becomes(new Canonicalise(), """
                func @f(%x: f32[B,S,8]) -> (y: f32[B,S,8]) {
                  %0 = transpose %x {perm=[1,2,0]} : f32[S,8,B]
                  %1 = transpose %0 {perm=[2,0,1]} : f32[B,S,8]
                  return y = %1
                }
                """, """
                func @f(%x: f32[B,S,8]) -> (y: f32[B,S,8]) {
                  return y = %x
                }
                """);
    }

    @Test
    void aTableIsGatheredAsItIsStored() {
        Sketch.becomes(new Canonicalise(), """
                func @f(%ids: i64[B,S]) -> (y: f32[B,S,8]) {
                  %0 = constant @"table" : f16[9,8]
                  %1 = convert %0 : f32[9,8]
                  %2 = gather %1, %ids : f32[B,S,8]
                  return y = %2
                }
                """, """
                func @f(%ids: i64[B,S]) -> (y: f32[B,S,8]) {
                  %0 = constant @"table" : f16[9,8]
                  %1 = gather %0, %ids : f16[B,S,8]
                  %2 = convert %1 : f32[B,S,8]
                  return y = %2
                }
                """);
    }

    /** A square matrix has the type of its transpose. */
    @Test
    void aTransposeOfASquareStays() {
        Sketch.stays(new Canonicalise(), """
                func @f(%x: f32[S,S]) -> (y: f32[S,S]) {
                  %0 = transpose %x {perm=[1,0]} : f32[S,S]
                  return y = %0
                }
                """);
    }

    /** It turns -0 into 0. */
    @Test
    void addingZeroStays() {
        Sketch.stays(new Canonicalise(), """
                func @f(%x: f32[S]) -> (y: f32[S]) {
                  %0 = constant 0 : f32[]
                  %1 = add %x, %0 : f32[S]
                  return y = %1
                }
                """);
    }

    /** It lies outside of the axis unless S is 0, which a run is to say. */
    @Test
    void aSliceOfTheSameSizeThatBeginsElsewhereStays() {
        Sketch.stays(new Canonicalise(), """
                func @f(%x: f32[S,2]) -> (y: f32[S,2]) {
                  %0 = slice %x {axis=1, start=S, limit=S+2} : f32[S,2]
                  return y = %0
                }
                """);
    }
}

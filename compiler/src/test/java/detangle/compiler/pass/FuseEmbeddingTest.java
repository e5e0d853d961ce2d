package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FuseEmbeddingTest {
    @Test
    void lookUpNormalisationAndMaskBecomeOneKernel() {
        Sketch.becomes(new FuseEmbedding(), """
                func @f(%ids: i64[B,S], %m: i1[B,S,1], %g: f32[8], %b: f32[8]) -> (y: f32[B,S,8]) {
                  %0 = constant @"table" : f16[9,8]
                  %1 = gather %0, %ids : f16[B,S,8]
                  %2 = convert %1 : f32[B,S,8]
                  %3 = layer_norm %2, %g, %b {eps=1.0E-7} : f32[B,S,8]
                  %4 = constant 0 : f32[]
                  %5 = select %m, %3, %4 : f32[B,S,8]
                  return y = %5
                }
                """, """
                func @f(%ids: i64[B,S], %m: i1[B,S,1], %g: f32[8], %b: f32[8]) -> (y: f32[B,S,8]) {
                  %0 = constant @"table" : f16[9,8]
                  %1 = embedding %ids, %0, %g, %b, %m {masked, eps=1.0E-7} : f32[B,S,8]
                  return y = %1
                }
                """);
    }

    @Test
    void aMaskForEachElementStays() {
        Sketch.becomes(new FuseEmbedding(), """
                func @f(%ids: i64[B], %m: i1[B,8], %t: f32[9,8], %g: f32[8], %b: f32[8]) -> (y: f32[B,8]) {
                  %0 = gather %t, %ids : f32[B,8]
                  %1 = layer_norm %0, %g, %b {eps=1.0E-7} : f32[B,8]
                  %2 = constant 0 : f32[]
                  %3 = select %m, %1, %2 : f32[B,8]
                  return y = %3
                }
                """, """
                func @f(%ids: i64[B], %m: i1[B,8], %t: f32[9,8], %g: f32[8], %b: f32[8]) -> (y: f32[B,8]) {
                  %0 = embedding %ids, %t, %g, %b {eps=1.0E-7} : f32[B,8]
                  %1 = constant 0 : f32[]
                  %2 = select %m, %0, %1 : f32[B,8]
                  return y = %2
                }
                """);
    }
}

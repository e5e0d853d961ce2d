package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class NeededRowsTest {
    @Test
    void sliceMovesThroughKernelsAndTheirResidual() {
        Sketch.becomes(new NeededRows(), """
                func @f(%x: f32[B,S,8], %w: f32[8,8], %g: f32[8]) -> (y: f32[B,1,8]) {
                  %0 = linear %x, %w {act=gelu} : f32[B,S,8]
                  %1 = layer_norm %0, %x, %g, %g {residual, eps=1.0E-7} : f32[B,S,8]
                  %2 = slice %1 {axis=1, start=0, limit=1} : f32[B,1,8]
                  return y = %2
                }
                """, """
                func @f(%x: f32[B,S,8], %w: f32[8,8], %g: f32[8]) -> (y: f32[B,1,8]) {
                  %0 = slice %x {axis=1, start=0, limit=1} : f32[B,1,8]
                  %1 = linear %0, %w {act=gelu} : f32[B,1,8]
                  %2 = layer_norm %1, %0, %g, %g {residual, eps=1.0E-7} : f32[B,1,8]
                  return y = %2
                }
                """);
    }

    /** Keys and values stay whole; the mask and the table of positions lose what no query meets. */
    @Test
    void sliceOfAttentionIsOneOfItsQueries() {
        Sketch.becomes(new NeededRows(), """
                func @f(%q: f32[B,S,2,4], %k: f32[B,S,2,4], %m: i1[B,1,S,S], %p: f32[2,6,4], %t: i32[2*S-1]) -> (y: f32[B,2,2,4]) {
                  %0 = disentangled_attention %q, %k, %k, %m, %p, %t {terms=[c2c,c2p], scale=0.5} : f32[B,S,2,4]
                  %1 = slice %0 {axis=1, start=1, limit=3} : f32[B,2,2,4]
                  return y = %1
                }
                """, """
                func @f(%q: f32[B,S,2,4], %k: f32[B,S,2,4], %m: i1[B,1,S,S], %p: f32[2,6,4], %t: i32[2*S-1]) -> (y: f32[B,2,2,4]) {
                  %0 = slice %q {axis=1, start=1, limit=3} : f32[B,2,2,4]
                  %1 = slice %m {axis=2, start=1, limit=3} : i1[B,1,2,S]
                  %2 = slice %t {axis=0, start=1, limit=S+2} : i32[S+1]
                  %3 = disentangled_attention %0, %k, %k, %1, %p, %2 {terms=[c2c,c2p], scale=0.5} : f32[B,2,2,4]
                  return y = %3
                }
                """);
    }

    @Test
    void lookUpOfRowsMovesThroughTheHead() {
        Sketch.becomes(new NeededRows(), """
                func @f(%x: f32[B,S,8], %w: f32[8,8], %g: f32[8], %i: i64[M]) -> (y: f32[M,8]) {
                  %0 = linear %x, %w {act=none} : f32[B,S,8]
                  %1 = tanh %0 : f32[B,S,8]
                  %2 = add %1, %g : f32[B,S,8]
                  %3 = reshape %2 : f32[B*S,8]
                  %4 = gather %3, %i : f32[M,8]
                  return y = %4
                }
                """, """
                func @f(%x: f32[B,S,8], %w: f32[8,8], %g: f32[8], %i: i64[M]) -> (y: f32[M,8]) {
                  %0 = reshape %x : f32[B*S,8]
                  %1 = gather %0, %i : f32[M,8]
                  %2 = linear %1, %w {act=none} : f32[M,8]
                  %3 = tanh %2 : f32[M,8]
                  %4 = add %3, %g : f32[M,8]
                  return y = %4
                }
                """);
    }

    @Test
    void whatIsReadElsewhereStays() {
        Sketch.stays(new NeededRows(), """
                func @f(%x: f32[B,S,8], %w: f32[8,8]) -> (y: f32[B,1,8], z: f32[B,S,8]) {
                  %0 = linear %x, %w {act=none} : f32[B,S,8]
                  %1 = slice %0 {axis=1, start=0, limit=1} : f32[B,1,8]
                  return y = %1, z = %0
                }
                """);
    }

    /** Each place of the last axis reads all of its row. */
    @Test
    void sliceOfTheLastAxisStays() {
        Sketch.stays(new NeededRows(), """
                func @f(%x: f32[B,S,8], %w: f32[8,8]) -> (y: f32[B,S,1]) {
                  %0 = linear %x, %w {act=none} : f32[B,S,8]
                  %1 = slice %0 {axis=2, start=0, limit=1} : f32[B,S,1]
                  return y = %1
                }
                """);
    }
}

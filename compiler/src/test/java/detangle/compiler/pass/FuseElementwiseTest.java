package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FuseElementwiseTest {
    @Test
    void aProducerJoinsItsOnlyReader() {
        Sketch.becomes(new FuseElementwise(), """
                func @f(%a: f32[B,S], %b: f32[S]) -> (y: f32[B,S]) {
                  %0 = add %a, %b : f32[B,S]
                  %1 = constant 0.5 : f32[]
                  %2 = mul %0, %1 : f32[B,S]
                  return y = %2
                }
                """, """
                func @f(%a: f32[B,S], %b: f32[S]) -> (y: f32[B,S]) {
                  %0 = elementwise %a, %b {mul(add(a0, a1), 0.5:f32)} : f32[B,S]
                  return y = %0
                }
                """);
    }

    /** Inside the region it would be computed for each row again. */
    @Test
    void aProducerThatBroadcastsStaysOutside() {
        Sketch.becomes(new FuseElementwise(), """
                func @f(%a: f32[B,S], %b: f32[S]) -> (y: f32[B,S]) {
                  %0 = exp %b : f32[S]
                  %1 = add %a, %0 : f32[B,S]
                  return y = %1
                }
                """, """
                func @f(%a: f32[B,S], %b: f32[S]) -> (y: f32[B,S]) {
                  %0 = elementwise %b {exp(a0)} : f32[S]
                  %1 = elementwise %a, %0 {add(a0, a1)} : f32[B,S]
                  return y = %1
                }
                """);
    }

    @Test
    void aProducerThatIsReadTwiceStaysOutside() {
        Sketch.becomes(new FuseElementwise(), """
                func @f(%a: f32[B]) -> (y: f32[B], z: f32[B]) {
                  %0 = exp %a : f32[B]
                  %1 = neg %0 : f32[B]
                  return y = %1, z = %0
                }
                """, """
                func @f(%a: f32[B]) -> (y: f32[B], z: f32[B]) {
                  %0 = elementwise %a {exp(a0)} : f32[B]
                  %1 = elementwise %0 {neg(a0)} : f32[B]
                  return y = %1, z = %0
                }
                """);
    }
}

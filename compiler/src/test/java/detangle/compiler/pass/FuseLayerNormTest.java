package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FuseLayerNormTest {
    private static String normalisation(String x, String count, String result) {
        return """
            func @f(%a: f32[B,4], %r: f32[B,4], %g: f32[4], %b: f32[4]) -> (y: f32[B,4]SUM) {
              %0 = add %a, %r : f32[B,4]
              %1 = reduce_sum %0 {axis=1} : f32[B,1]
              %2 = constant COUNT : f32[]
              %3 = mul %1, %2 : f32[B,1]
              %4 = sub %0, %3 : f32[B,4]
              %5 = mul %4, %4 : f32[B,4]
              %6 = reduce_sum %5 {axis=1} : f32[B,1]
              %7 = mul %6, %2 : f32[B,1]
              %8 = constant 1.0E-7 : f32[]
              %9 = add %7, %8 : f32[B,1]
              %10 = rsqrt %9 : f32[B,1]
              %11 = mul %4, %10 : f32[B,4]
              %12 = mul %11, %g : f32[B,4]
              %13 = add %12, %b : f32[B,4]
              return y = %13RESULT
            }
            """.replace("SUM", x).replace("COUNT", count).replace("RESULT", result);
    }

    @Test
    void fusesTheSumThatFeedsIt() {
        Sketch.becomes(new FuseLayerNorm(), normalisation("", "0.25", ""), """
                func @f(%a: f32[B,4], %r: f32[B,4], %g: f32[4], %b: f32[4]) -> (y: f32[B,4]) {
                  %0 = layer_norm %a, %r, %g, %b {residual, eps=1.0E-7} : f32[B,4]
                  return y = %0
                }
                """);
    }

    @Test
    void aSumThatIsReadTwiceStays() {
        Sketch.becomes(new FuseLayerNorm(), normalisation(", s: f32[B,4]", "0.25", ", s = %0"), """
                func @f(%a: f32[B,4], %r: f32[B,4], %g: f32[4], %b: f32[4]) -> (y: f32[B,4], s: f32[B,4]) {
                  %0 = add %a, %r : f32[B,4]
                  %1 = layer_norm %0, %g, %b {eps=1.0E-7} : f32[B,4]
                  return y = %1, s = %0
                }
                """);
    }

    /** The mean of four is not a fifth of the sum. */
    @Test
    void anotherDivisorIsNoMean() {
        Sketch.stays(new FuseLayerNorm(), normalisation("", "0.2", ""));
    }
}

package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class FuseSoftmaxTest {
    private static String softmax(String otherwise) {
        return """
            func @f(%x: f32[B,S], %m: i1[1,S]) -> (p: f32[B,S]) {
              %0 = constant -inf : f32[]
              %1 = select %m, %x, %0 : f32[B,S]
              %2 = reduce_max %1 {axis=1} : f32[B,1]
              %3 = sub %1, %2 : f32[B,S]
              %4 = exp %3 : f32[B,S]
              %5 = reduce_sum %4 {axis=1} : f32[B,1]
              %6 = div %4, %5 : f32[B,S]
              %7 = constant OTHERWISE : f32[]
              %8 = select %m, %6, %7 : f32[B,S]
              return p = %8
            }
            """.replace("OTHERWISE", otherwise);
    }

    @Test
    void fuses() {
        Sketch.becomes(new FuseSoftmax(), softmax("0"), """
                func @f(%x: f32[B,S], %m: i1[1,S]) -> (p: f32[B,S]) {
                  %0 = masked_softmax %x, %m : f32[B,S]
                  return p = %0
                }
                """);
    }

    @Test
    void anotherValueAtMaskedPlacesStays() {
        Sketch.stays(new FuseSoftmax(), softmax("1"));
    }
}

package detangle.compiler.pass;

import org.junit.jupiter.api.Test;

class CommonSubexpressionsTest {
    @Test
    void equalChainsMerge() {
        Sketch.becomes(new CommonSubexpressions(), """
                func @f(%x: f32[B]) -> (y: f32[B]) {
                  %0 = exp %x : f32[B]
                  %1 = neg %0 : f32[B]
                  %2 = exp %x : f32[B]
                  %3 = neg %2 : f32[B]
                  %4 = mul %1, %3 : f32[B]
                  return y = %4
                }
                """, """
                func @f(%x: f32[B]) -> (y: f32[B]) {
                  %0 = exp %x : f32[B]
                  %1 = neg %0 : f32[B]
                  %2 = mul %1, %1 : f32[B]
                  return y = %2
                }
                """);
    }

    @Test
    void otherAttributesAreAnotherValue() {
        Sketch.stays(new CommonSubexpressions(), """
                func @f(%s: i64[]) -> (y: f32[4]) {
                  %0 = random_uniform %s {stream=1} : f32[4]
                  %1 = random_uniform %s {stream=2} : f32[4]
                  %2 = mul %0, %1 : f32[4]
                  return y = %2
                }
                """);
    }
}

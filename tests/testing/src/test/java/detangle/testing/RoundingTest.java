package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import detangle.testing.RandomPrograms.Sample;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundingTest {
    /** Sevenfold -1 has its mean exactly in single precision; how much cancels shows with noise. */
    @Test
    void seesWhatExactResultsHide() {
        Sample sample = sample("""
                func @centred(%x: f32[7]) -> (y: f32[7]) {
                  %sum = reduce_sum %x {axis=0} : f32[1]
                  %seventh = constant 0.14285714285714285 : f32[]
                  %mean = mul %sum, %seventh : f32[1]
                  %c = sub %x, %mean : f32[7]
                  return y = %c
                }
                """);
        assertTrue(Rounding.of(sample) > 1e-12, "rounding of " + Rounding.of(sample));
    }

    /** A sum's end may be small beside what rounded on the way. */
    @Test
    void seesWhatCancelsInASum() {
        Sample sample = sample("""
                func @cancels(%x: f32[7]) -> (y: f32[1]) {
                  %w = constant dense<1000000, -1000000, 1000000, -1000000, 1000000, -1000000, 1> : f32[7]
                  %terms = mul %x, %w : f32[7]
                  %y = reduce_sum %terms {axis=0} : f32[1]
                  return y = %y
                }
                """);
        assertTrue(Rounding.of(sample) > 1e-6, "rounding of " + Rounding.of(sample));
    }

    /** Near a whole number, floor would be another number, which is not rounding. */
    @Test
    void leavesJumpsAlone() {
        Sample sample = sample("""
                func @whole(%x: f32[7]) -> (y: f32[7]) {
                  %one = constant 1 : f32[]
                  %sum = add %x, %one : f32[7]
                  %y = floor %sum : f32[7]
                  return y = %y
                }
                """);
        assertEquals(0, Rounding.of(sample));
    }

    private static Sample sample(String text) {
        return new Sample(
                Parser.parse("sample", text), Map.of("x", Tensor.of(new float[] {-1, -1, -1, -1, -1, -1, -1}, 7)));
    }
}

package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Program;
import detangle.ir.text.Parser;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CostTest {
    @Test
    void countsProductsAndTheBytesOfOperandsAndResult() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[B,8]) -> (y: f32[B,4]) {
                  %w = param "w" : f32[4,8]
                  %y = linear %x, %w {act=none} : f32[B,4]
                  return y = %y
                }""");

        Cost cost = Cost.of(program, Map.of("B", 3L));

        assertEquals(2 * 3 * 4 * 8, cost.flops());
        assertEquals(4 * (3 * 8 + 4 * 8 + 3 * 4), cost.bytes());
    }

    /** Projections of positions are made when a model is loaded. */
    @Test
    void leavesOutWhatDependsOnNoInput() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[B,8]) -> (y: f32[B,4]) {
                  %v = param "v" : f32[4,8]
                  %u = param "u" : f32[8,8]
                  %w = dot %v, %u : f32[4,8]
                  %y = dot %x, %w {rhs_t} : f32[B,4]
                  return y = %y
                }""");

        assertEquals(2 * 3 * 4 * 8, Cost.of(program, Map.of("B", 3L)).flops());
    }

    /** At a length of 2 there are 3 distances, of the 16 that the table has rows for. */
    @Test
    void attentionMeetsTheDistancesOfItsLength() {
        Program program = Parser.parse("test.dtir", """
                func @f(%q: f32[B,S,2,4], %m: i1[B,1,1,S], %t: i32[2*S-1]) -> (y: f32[B,S,2,4]) {
                  %pk = param "pk" : f32[2,16,4]
                  %y = disentangled_attention %q, %q, %q, %m, %pk, %t {terms=[c2c,c2p], scale=0.5} : f32[B,S,2,4]
                  return y = %y
                }""");

        assertEquals(
                2 * (2 + 2 + 3) * 2 * 8,
                Cost.of(program, Map.of("B", 1L, "S", 2L)).flops());
    }
}

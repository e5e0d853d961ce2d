package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.text.Parser;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DependenceTest {
    /** Sizes change nothing: they are given. */
    @Test
    void whatChangesMostOftenDecides() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[S,4]) -> (a: f32[S,4], b: f32[4], c: i32[S]) {
                  %k = constant 2 : f32[]
                  %w = param "w" : f32[4]
                  %v = mul %w, %k : f32[4]
                  %y = mul %x, %v : f32[S,4]
                  %i = iota {axis=0, start=0} : i32[S]
                  return a = %y, b = %v, c = %i
                }
                """);
        Map<String, Dependence> byName = new TreeMap<>();
        program.dependence().forEach((node, dependence) -> byName.put(node.name(), dependence));
        assertEquals(
                Map.of(
                        "x", Dependence.INPUT,
                        "y", Dependence.INPUT,
                        "w", Dependence.VARIABLE,
                        "v", Dependence.VARIABLE,
                        "k", Dependence.CONSTANT,
                        "i", Dependence.CONSTANT),
                byName);
        assertEquals(4, program.eachRun().size());
    }
}

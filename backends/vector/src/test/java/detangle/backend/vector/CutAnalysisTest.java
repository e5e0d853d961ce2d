package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.vector.CutAnalysis.Cut;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.testing.RandomPrograms;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is said to be a cut of one table is equal to it at all sizes, and what is not one is not said to be. */
class CutAnalysisTest {
    private static Set<Node> constants(Program program) {
        Set<Node> constants = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Node> changing = program.eachRun();
        program.nodes().stream().filter(node -> !changing.contains(node)).forEach(constants::add);
        return constants;
    }

    private static Optional<Cut> cut(String statements, String type) {
        Program program = Parser.parse(
                "test.dtir",
                "func @f(%x: f32[B,S]) -> (x: f32[B,S], y: " + type + ") {\n" + statements
                        + "\n  return x = %x, y = %y\n}");
        return new CutAnalysis(program, constants(program)).cut(program.output("y"));
    }

    private static void assertCut(String first, String elements, String statements, String type) {
        Cut cut = cut(statements, type).orElseThrow();
        assertEquals(first, cut.first().toString());
        assertEquals(elements, cut.elements().toString());
    }

    @Test
    void tablesOfDifferencesAreCuts() {
        assertCut("-S+1", "2*S-1", "%y = iota {axis=0, start=-S+1} : i32[2*S-1]", "i32[2*S-1]");
        String table = "%r = iota {axis=0, start=-S+1} : i32[2*S-1]\n %f = convert %r : f32[2*S-1]\n";
        assertCut("-S+1", "2*S-1", table + "%a = abs %f : f32[2*S-1]\n %y = mul %a, %f : f32[2*S-1]", "f32[2*S-1]");
        assertCut("0", "S", table + "%y = slice %f {axis=0, start=S-1, limit=2*S-1} : f32[S]", "f32[S]");
    }

    @Test
    void rowsOfATableOfPositionsAreCuts() {
        assertCut("0", "2*S", """
                %t = constant dense<1, 2, 3, 4, 5, 6> : f32[3,2]
                %i = iota {axis=1, start=0} : i64[1,S]
                %g = gather %t, %i : f32[1,S,2]
                %y = reshape %g : f32[S,2]""", "f32[S,2]");
    }

    @Test
    void whatIsAnotherFunctionAtEachSizeIsNotACut() {
        // The same position comes again in each sequence.
        assertTrue(cut("%y = iota {axis=1, start=0} : i32[B,S]", "i32[B,S]").isEmpty());
        assertTrue(cut("%i = iota {axis=1, start=0} : i32[B,S]\n %y = reshape %i : i32[B*S]", "i32[B*S]")
                .isEmpty());
        // From the end.
        assertTrue(cut("""
                %i = iota {axis=0, start=0} : i32[S]
                %l = iota {axis=0, start=S} : i32[1]
                %y = sub %l, %i : i32[S]""", "i32[S]").isEmpty());
        // Two origins whose distance depends on the length.
        assertTrue(cut("""
                %i = iota {axis=0, start=0} : i32[S]
                %j = iota {axis=0, start=S} : i32[S]
                %y = mul %i, %j : i32[S]""", "i32[S]").isEmpty());
        // A sum over the length.
        assertTrue(cut("""
                %i = iota {axis=0, start=0} : i32[S]
                %s = reduce_sum %i {axis=0} : i32[1]
                %y = add %i, %s : i32[S]""", "i32[S]").isEmpty());
    }

    @Test
    void originsMayDifferByANumber() {
        assertCut("0", "S", """
                %i = iota {axis=0, start=0} : i32[S]
                %j = iota {axis=0, start=3} : i32[S]
                %y = mul %i, %j : i32[S]""", "i32[S]");
    }

    /** The part that two sizes have in common is equal, of every cut of every random program. */
    @Test
    void cutsOfRandomProgramsAgreeWhereTheyOverlap() {
        int compared = 0;
        for (int seed = 0; seed < 1500; seed++) {
            Program program = RandomPrograms.sample(seed).program();
            Set<Node> constants = constants(program);
            CutAnalysis analysis = new CutAnalysis(program, constants);
            Random random = new Random(seed);
            for (Node node : constants) {
                Optional<Cut> cut = analysis.cut(node);
                if (cut.isPresent()) {
                    compared += compare(program, node, cut.get(), random) ? 1 : 0;
                }
            }
        }
        assertTrue(compared >= 50, compared + " pairs were compared");
    }

    private static boolean compare(Program program, Node node, Cut cut, Random random) {
        Set<String> symbols = new TreeSet<>();
        program.inputs().forEach(input -> input.shape().dims().forEach(dim -> symbols.addAll(dim.symbols())));
        Map<String, Long> a = new TreeMap<>();
        Map<String, Long> b = new TreeMap<>();
        for (String symbol : symbols) {
            a.put(symbol, 1L + random.nextInt(9));
            b.put(symbol, 1L + random.nextInt(9));
        }
        try {
            double[] x = values(program, node, a);
            double[] y = values(program, node, b);
            long from = Math.max(cut.first().evaluate(a), cut.first().evaluate(b));
            long to = Math.min(cut.first().evaluate(a) + x.length, cut.first().evaluate(b) + y.length);
            for (long i = from; i < to; i++) {
                assertEquals(
                        x[(int) (i - cut.first().evaluate(a))],
                        y[(int) (i - cut.first().evaluate(b))],
                        node + " at " + i);
            }
            return from < to && !a.equals(b);
        } catch (SizeException | InterpreterException e) {
            return false; // The program has no values of these sizes.
        }
    }

    private static double[] values(Program program, Node node, Map<String, Long> bindings) {
        Tensor tensor = new Interpreter(Precision.F64)
                .evaluate(List.of(node), bindings, program.constants())
                .get(node);
        return tensor.toDoubles();
    }
}

package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.text.ParseException;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UpdatesTest {
    private static final String SWAP = """
            func @swap(%x: f32[2]) -> (sum: f32[2]) {
              %a = param "a" : f32[2]
              %b = param "b" : f32[2]
              %0 = add %a, %b : f32[2]
              update "a" = %b
              update "b" = %a
              return sum = %0
            }
            """;

    private static Program parse(String text) {
        return Parser.parse("test.dtir", text);
    }

    @Test
    void printsWhatItReads() {
        assertEquals(SWAP, Printer.print(parse(SWAP)));
        String onlyUpdates = """
                func @set(%x: f32[2]) -> () {
                  %w = param "a \\"name\\"" : f32[2]
                  update "a \\"name\\"" = %x
                  return
                }
                """;
        assertEquals(onlyUpdates, Printer.print(parse(onlyUpdates)));
    }

    /** If they were two nodes, outputs could read one of them and the update replace the other. */
    @Test
    void statementsOfOneParameterAreOneNode() {
        Program program = parse("""
                func @f() -> (y: f32[2]) {
                  %a = param "w" : f32[2]
                  %b = param "w" : f32[2]
                  update "w" = %a
                  return y = %b
                }
                """);
        assertEquals(1, program.nodes().size());
    }

    @Test
    void namesAParameterThatIsNotThere() {
        ParseException e =
                assertThrows(ParseException.class, () -> parse(SWAP.replace("update \"b\"", "update \"c\"")));
        assertTrue(e.getMessage().contains("no parameter \"c\" is defined before"), e.getMessage());
    }

    @Test
    void anUpdateKeepsAliveWhatItNeeds() {
        Program program = parse("""
                func @f(%x: f32[2]) -> () {
                  %w = param "w" : f32[2]
                  %0 = exp %x : f32[2]
                  %1 = neg %x : f32[2]
                  update "w" = %0
                  return
                }
                """);
        assertEquals(
                List.of("input", "param", "exp"),
                program.nodes().stream().map(n -> n.op().mnemonic()).toList());
    }

    @Test
    void rewritingReachesUpdates() {
        Program program = parse(SWAP.replace("update \"a\" = %b", "update \"a\" = %0"));
        Program rewritten = Rewriter.rewrite(
                program,
                List.of((node, uses) -> node.op() instanceof TensorOp.Binary
                        ? Optional.of(new Builder().unary(UnaryFunction.EXP, node.input(1)))
                        : Optional.empty()));
        assertEquals(
                List.of("exp", "param"),
                rewritten.updates().stream().map(u -> u.value().op().mnemonic()).toList());
    }

    @Test
    void updatesReadWhatWasThereBefore() {
        Interpreter.Results results = new Interpreter(Precision.F32)
                .run(
                        parse(SWAP),
                        Map.of("x", Tensor.of(new float[2], 2)),
                        Map.of("a", Tensor.of(new float[] {1, 2}, 2), "b", Tensor.of(new float[] {10, 20}, 2)));
        assertArrayEquals(new float[] {11, 22}, results.outputs().get("sum").toFloats());
        assertArrayEquals(new float[] {10, 20}, results.updates().get("a").toFloats());
        assertArrayEquals(new float[] {1, 2}, results.updates().get("b").toFloats());
    }

    @Test
    void namesAParameterWithoutData() {
        Map<String, Tensor> x = Map.of("x", Tensor.of(new float[2], 2));
        InterpreterException e = assertThrows(
                InterpreterException.class, () -> new Interpreter(Precision.F32).run(parse(SWAP), x, Map.of()));
        assertEquals("the parameter 'a' is not bound, and has no value", e.getMessage());
    }

    /** Single precision is what Java's float arithmetic is; in double precision nothing is rounded between runs. */
    @Test
    void runsAThousandTimes() {
        Program program = parse("""
                func @descend(%x: f32[2]) -> () {
                  %w = param "w" : f32[2]
                  %0 = constant 0.1 : f32[]
                  %1 = mul %0, %x : f32[2]
                  %2 = sub %w, %1 : f32[2]
                  update "w" = %2
                  return
                }
                """);
        float[] single = {1, -3};
        double[] exact = {1, -3};
        Map<Precision, Map<String, Tensor>> parameters = new HashMap<>();
        for (Precision precision : Precision.values()) {
            parameters.put(precision, Map.of("w", Tensor.of(single.clone(), 2)));
        }
        for (int i = 0; i < 1000; i++) {
            float[] x = {i % 7, 0.3f * i};
            for (int j = 0; j < x.length; j++) {
                single[j] -= 0.1f * x[j];
                exact[j] -= 0.1 * x[j];
            }
            parameters.replaceAll((precision, w) -> new Interpreter(precision)
                    .run(program, Map.of("x", Tensor.of(x, 2)), w)
                    .updates());
        }
        assertArrayEquals(single, parameters.get(Precision.F32).get("w").toFloats());
        assertArrayEquals(exact, parameters.get(Precision.F64).get("w").toDoubles());
    }
}

package detangle.ir.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Diagnostic;
import detangle.ir.IrException;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.Verifier;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Texts that are deep, long, or name sizes beyond any memory. */
class HostileTextTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private static String program(String statements, String type, String result) {
        return "func @f(%x: f32[S], %i: i32[S]) -> (y: " + type + ") {\n" + statements + "  return y = " + result
                + "\n}\n";
    }

    private static ParseException refused(String text) {
        return assertThrows(ParseException.class, () -> Parser.parse("t.dtir", text));
    }

    private static void assertRefused(String text, String place, String what) {
        ParseException e = assertTimeoutPreemptively(SOON, () -> refused(text));
        assertTrue(e.getMessage().startsWith("t.dtir:" + place), e.getMessage());
        assertTrue(e.getMessage().contains(what), e.getMessage());
    }

    @Test
    void whatIsTooLongOrTooDeepIsNamedWithItsPlace() {
        assertRefused(program("  %y = abs %x : f32[" + "S*".repeat(20_000) + "S]\n", "f32[S]", "%y"), "2:", "symbols");
        assertRefused(program("  %y = abs %x : f32[" + "2*".repeat(64) + "2]\n", "f32[S]", "%y"), "2:", "64 bits");
        assertRefused(program("  %y = abs %x : f32[99999999999999999999]\n", "f32[S]", "%y"), "2:", "not a size");
        assertRefused(
                program("  %y = abs %x : f32[" + "1,".repeat(100_000) + "1]\n", "f32[S]", "%y"), "2:", "more than 16");
        assertRefused(
                program("  %y = abs %x : f32" + "[".repeat(100_000) + "\n", "f32[S]", "%y"), "5:1", "end of the text");
        String deep = "abs(".repeat(50_000) + "a0" + ")".repeat(50_000);
        assertRefused(program("  %y = elementwise %x {" + deep + "} : f32[S]\n", "f32[S]", "%y"), "2:", "nested");
        String wide = "a0";
        for (int i = 0; i < 12; i++) {
            wide = "add(" + wide + "," + wide + ")";
        }
        String wideRegion = "  %y = elementwise %x {" + wide + "} : f32[S]\n";
        assertRefused(program(wideRegion, "f32[S]", "%y"), "2:", "more than 1000 parts");
        String operands = IntStream.range(0, 100_000).mapToObj(i -> "%x").collect(Collectors.joining(","));
        assertRefused(
                program("  %y = concat " + operands + " {axis=0} : f32[S]\n", "f32[S]", "%y"),
                "2:",
                "more than 1000 operands");
        String numbers = "dense<" + "0,".repeat(1_000_000) + "0>";
        assertRefused(
                program("  %y = constant " + numbers + " : f32[1000001]\n", "f32[S]", "%y"), "2:", "more than 65536");
        String dense = "  %d = constant dense<" + "0,".repeat(65_535) + "0> : f32[65536]\n";
        String nine = IntStream.range(0, 9)
                .mapToObj(i -> dense.replace("%d", "%d" + i))
                .collect(Collectors.joining());
        assertRefused(program(nine, "f32[S]", "%x"), "10:", "more than 524288 numbers in all");
        String many = IntStream.range(0, 30_000)
                .mapToObj(i -> "  %v" + i + " = abs %x : f32[S]\n")
                .collect(Collectors.joining());
        assertRefused(program(many, "f32[S]", "%v1"), "20", "more arguments and statements");
        assertRefused(" ".repeat(Parser.MAX_CHARACTERS + 1), "1:1", "characters");
    }

    private static String constant(String number, String type) {
        return program("  %y = constant " + number + " : " + type + "\n", type, "%y");
    }

    @Test
    void integersAreReadExactlyOrRefused() {
        for (String number : List.of(
                "9007199254740993",
                "-9007199254740993",
                "9223372036854775807",
                "9223372036854775809",
                "9.007199254740993e15")) {
            assertRefused(constant(number, "i64[]"), "2:", "'" + number + "' cannot be a constant of i64");
            assertRefused(constant("dense<1, " + number + ">", "i64[2]"), "2:", "'" + number + "'");
            assertRefused(
                    program("  %y = elementwise %i {add(a0, " + number + ":i64)} : i64[S]\n", "i64[S]", "%y"),
                    "2:",
                    "'" + number + "'");
        }
        for (String number : List.of("1.00000000000000000001", "1e-400", "1e-99999999999")) {
            assertRefused(constant(number, "i32[]"), "2:", "no double is exactly this number");
        }
        assertRefused(constant("1." + "0".repeat(1_000_000), "i32[]"), "2:", "cannot be a constant of i32");
        for (String number : List.of("9223372036854775808", "1e300", "1e999", "0.1")) {
            Program program = Parser.parse("t.dtir", constant(number, "i64[]"));
            assertTrue(Verifier.verify(program).getFirst().toString().contains("constant_c2"), number);
        }
    }

    @Test
    void wholeNumbersThatDoublesHoldReadBackEqual() {
        for (String number : List.of("9007199254740992", "1152921504606846976", "-9223372036854775808")) {
            Program program = Parser.parse("t.dtir", constant(number, "i64[]"));
            assertEquals(List.of(), Verifier.verify(program));
            assertTrue(Printer.print(program).contains("constant " + number + " :"), Printer.print(program));
            Tensor value = new Interpreter(Precision.F64)
                    .run(
                            program,
                            Map.of(
                                    "x", Tensor.of(new float[1], 1),
                                    "i", Tensor.of(new int[1], 1)))
                    .get("y");
            assertEquals(Long.parseLong(number), value.getLong(0));
        }
        assertEquals(
                List.of(),
                Verifier.verify(Parser.parse("t.dtir", constant("9007199254740993", "f64[]"))),
                "floats round");
    }

    @Test
    void unknownEscapesAreRefused() {
        String named = "  %y = constant @\"a\\qb\" : f32[]\n";
        assertRefused(program(named, "f32[]", "%y"), "2:", "'\\q' in a string");
        assertRefused(program(named.replace("q", "\n"), "f32[]", "%y"), "2:", "in a string");
        String known = "  %y = constant @\"a\\\\b\\\"c\\nd\" : f32[]\n";
        assertTrue(Printer.print(Parser.parse("t.dtir", program(known, "f32[]", "%y")))
                .contains(known.strip()));
    }

    /** A chain of statements is no deeper for being long. */
    @Test
    void longChainsAreReadVerifiedPrintedAndInterpreted() {
        StringBuilder chain = new StringBuilder("  %v0 = abs %x : f32[S]\n");
        for (int i = 1; i < 6_000; i++) {
            chain.append("  %v")
                    .append(i)
                    .append(" = add %v")
                    .append(i - 1)
                    .append(", %v")
                    .append(i - 1)
                    .append(" : f32[S]\n");
        }
        String text = program(chain.toString(), "f32[S]", "%v5999");
        assertTimeoutPreemptively(SOON, () -> {
            Program program = Parser.parse("t.dtir", text);
            assertEquals(List.of(), Verifier.verify(program));
            assertEquals(text, Printer.print(program));
            Map<String, Tensor> inputs = Map.of("x", Tensor.of(new float[] {0}, 1), "i", Tensor.of(new int[] {0}, 1));
            assertEquals(
                    0,
                    new Interpreter(Precision.F32).run(program, inputs).get("y").getDouble(0));
        });
    }

    @Test
    void namesThatAreTakenAreCountedOnAndNotAnew() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 6_000; i++) {
            text.append("  %n_").append(i).append(" = abs %x : f32[S]\n");
        }
        String last = program(text + "  %n = abs %x : f32[S]\n", "f32[S]", "%n");
        assertTimeoutPreemptively(SOON, () -> Printer.print(Parser.parse("t.dtir", last)));
    }

    @Test
    void errorsAreCountedAndCut() {
        StringBuilder text = new StringBuilder();
        String name = "n".repeat(100_000);
        for (int i = 0; i < 50; i++) {
            text.append("  %").append(name).append(i).append(" = exp %i : i32[S]\n");
        }
        for (int i = 0; i < 5_000; i++) {
            text.append("  %e").append(i).append(" = exp %i : i32[S]\n");
        }
        String operands = IntStream.range(0, 900).mapToObj(i -> "%e" + i).collect(Collectors.joining(", "));
        Program program = Parser.parse(
                "t.dtir", program(text + "  %y = concat " + operands + " {axis=0} : i32[S]\n", "i32[S]", "%y"));
        List<Diagnostic> errors = assertTimeoutPreemptively(SOON, () -> Verifier.verify(program));
        assertEquals(100, errors.size());
        assertThrows(IrException.class, () -> Verifier.check(program));
    }

    private static void assertNotInterpreted(String statements, String type, String what) {
        Program program = Parser.parse("t.dtir", program(statements, type, "%y"));
        assertEquals(List.of(), Verifier.verify(program));
        Map<String, Tensor> inputs =
                Map.of("x", Tensor.of(new float[] {1, 2}, 2), "i", Tensor.of(new int[] {5, -1}, 2));
        InterpreterException e = assertTimeoutPreemptively(
                SOON,
                () -> assertThrows(
                        InterpreterException.class, () -> new Interpreter(Precision.F64).run(program, inputs)));
        assertTrue(e.getMessage().contains(what), e.getMessage());
    }

    @Test
    void memoryIsRefusedBeforeItIsAskedFor() {
        assertNotInterpreted(
                "  %y = constant 1 : f32[1152921504606846976]\n", "f32[1152921504606846976]", "1152921504606846976");
        assertNotInterpreted("  %y = iota {axis=0, start=0} : i32[2000000000]\n", "i32[2000000000]", "needs 32.000 GB");
        assertNotInterpreted("  %y = constant 1 : f32[60000,60000]\n", "f32[60000,60000]", "2^31");
        assertNotInterpreted("  %y = constant 1 : f32[S-3]\n", "f32[S-3]", "size -1");
        assertNotInterpreted(
                "  %y = pad %x {axis=0, before=S*S*S*S*S*S*S*S*S*S, after=2000000000} : f32[S+S*S*S*S*S*S*S*S*S*S+2000000000]\n",
                "f32[S+S*S*S*S*S*S*S*S*S*S+2000000000]", "needs");
    }

    @Test
    void sizesAndIdsThatDoNotFitAreNamed() {
        assertNotInterpreted("  %y = gather %x, %i : f32[S]\n", "f32[S]", "id 5 is outside a table of 2 rows");
        assertNotInterpreted(
                "  %y = slice %x {axis=0, start=0, limit=S*S} : f32[S*S]\n", "f32[S*S]", "does not lie in an axis");
        assertNotInterpreted(
                "  %y = toeplitz %x {rows=S*S, columns=S+1-S*S} : f32[S*S,S+1-S*S]\n", "f32[S*S,S+1-S*S]", "size -1");
        assertNotInterpreted("  %z = sub %i, %i : i32[S]\n  %y = div %i, %z : i32[S]\n", "i32[S]", "divided by zero");
        assertNotInterpreted("  %y = constant @\"w\" : f32[3]\n", "f32[3]", "no data");
        assertNotInterpreted("  %y = param \"w\" : f32[3]\n", "f32[3]", "not bound");
    }

    @Test
    void inputsAreHeldAgainstTheProgram() {
        Program program = Parser.parse(
                "t.dtir",
                "func @f(%x: f32[S], %m: i1[S], %z: f32[S+1]) -> (y: f32[S]) {\n"
                        + "  %y = select %m, %x, %x : f32[S]\n  return y = %y\n}");
        Tensor x = Tensor.of(new float[] {1, 2}, 2);
        Tensor m = Tensor.of(new boolean[] {true, false}, 2);
        Tensor z = Tensor.of(new float[3], 3);
        Interpreter interpreter = new Interpreter(Precision.F32);
        assertEquals(
                2,
                interpreter
                        .run(program, Map.of("x", x, "m", m, "z", z))
                        .get("y")
                        .elements());
        List<Map<String, Tensor>> wrong = List.of(
                Map.of("x", x, "m", m),
                Map.of("x", x, "m", m, "z", z, "w", z),
                Map.of("x", Tensor.of(new double[] {1, 2}, 2), "m", m, "z", z),
                Map.of("x", Tensor.of(new float[] {1, 2}, 1, 2), "m", m, "z", z),
                Map.of("x", z, "m", m, "z", z),
                Map.of("x", x, "m", m, "z", x),
                Map.of(
                        "x",
                        x,
                        "m",
                        new Tensor(
                                m.dtype(), new long[] {2}, java.lang.foreign.MemorySegment.ofArray(new byte[] {1, 2})),
                        "z",
                        z));
        for (Map<String, Tensor> inputs : wrong) {
            assertThrows(InterpreterException.class, () -> interpreter.run(program, inputs), inputs.toString());
        }
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[6], -2, -3));
    }
}

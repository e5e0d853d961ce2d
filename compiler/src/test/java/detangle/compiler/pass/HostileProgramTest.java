package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.CompileException;
import detangle.compiler.Compiler;
import detangle.compiler.MemoryPlanner;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Verifier;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Valid programs that nobody means: deep, doubling, or of sizes beyond any memory. */
class HostileProgramTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static Program program(String type, String result, CharSequence statements) {
        Program program = Parser.parse(
                "t.dtir",
                "func @f(%x: f32[S], %q: f32[B,A,S,8]) -> (y: " + type + ") {\n" + statements + "  return y = " + result
                        + "\n}\n");
        assertEquals(List.of(), Verifier.verify(program));
        return program;
    }

    private static String chain(int length, String first, String next) {
        StringBuilder text = new StringBuilder("  %v0 = " + first + "\n");
        for (int i = 1; i <= length; i++) {
            text.append("  %v")
                    .append(i)
                    .append(" = ")
                    .append(next.replace("%p", "%v" + (i - 1)))
                    .append('\n');
        }
        return text.toString();
    }

    private static Program optimised(Program program) {
        return assertTimeoutPreemptively(
                SOON, () -> Compiler.run(program, Passes.packedOptimisations(), (pass, p) -> {}));
    }

    /** Each statement reads the one before twice: as a tree there are 2^40 additions. */
    @Test
    void doublingsOfDoublingsAreNoTrees() {
        Program program = program("f32[S]", "%v40", chain(40, "abs %x : f32[S]", "add %p, %p : f32[S]"));
        String text = assertTimeoutPreemptively(SOON, () -> Printer.print(optimised(program)));
        assertTrue(text.length() < 10_000, text.length() + " characters");
    }

    @Test
    void sumsThatMightBeScoresAreNoTrees() {
        String scores = chain(60, "dot %q, %q {rhs_t} : f32[B,A,S,S]", "add %p, %p : f32[B,A,S,S]");
        assertTrue(Printer.print(optimised(softmaxOf(scores, "%v60"))).contains("masked_softmax"));
        String deep = chain(6_000, "dot %q, %q {rhs_t} : f32[B,A,S,S]", "add %p, %v0 : f32[B,A,S,S]");
        assertTrue(Printer.print(optimised(softmaxOf(deep, "%v6000"))).contains("masked_softmax"));
    }

    private static Program softmaxOf(String scores, String last) {
        return program("f32[B,A,S,8]", "%y", scores + """
                  %t = constant 1 : i1[B,A,S,S]
                  %inf = constant -inf : f32[]
                  %zero = constant 0 : f32[]
                  %z = select %t, LAST, %inf : f32[B,A,S,S]
                  %max = reduce_max %z {axis=3} : f32[B,A,S,1]
                  %d = sub %z, %max : f32[B,A,S,S]
                  %e = exp %d : f32[B,A,S,S]
                  %sum = reduce_sum %e {axis=3} : f32[B,A,S,1]
                  %p = div %e, %sum : f32[B,A,S,S]
                  %m = select %t, %p, %zero : f32[B,A,S,S]
                  %y = dot %m, %q : f32[B,A,S,8]
                """.replace("LAST", last));
    }

    @Test
    void deepChainsOfConstantsAndIndicesDoNotOverflowTheStack() {
        optimised(program("f32[1,4]", "%v6000", chain(6_000, "constant 1 : f32[1,4]", "reshape %p : f32[1,4]")));
        String index = """
                  %i = iota {axis=0, start=0} : i32[S,S]
                  %j = iota {axis=1, start=0} : i32[S,S]
                """ + chain(6_000, "sub %i, %j : i32[S,S]", "abs %p : i32[S,S]");
        optimised(program("f32[B,A,S,S]", "%y", index + """
                  %d = dot %q, %q {rhs_t} : f32[B,A,S,S]
                  %y = gather_last %d, %v6000 : f32[B,A,S,S]
                """));
    }

    /** Rows are asked for below more operations than the pass has rounds. */
    @Test
    void whatIsTooDeepForAPassNamesIt() {
        StringBuilder chain = new StringBuilder("  %v0 = reshape %x : f32[S,1]\n");
        for (int i = 1; i <= 1_100; i++) {
            chain.append("  %v").append(i).append(" = abs %v").append(i - 1).append(" : f32[S,1]\n");
        }
        Program program =
                program("f32[1,1]", "%y", chain + "  %y = slice %v1100 {axis=0, start=0, limit=1} : f32[1,1]\n");
        CompileException e = assertThrows(CompileException.class, () -> optimised(program));
        assertTrue(e.getMessage().contains("needed-rows"), e.getMessage());
    }

    @Test
    void whatCannotBeFoldedNamesThePass() {
        for (String statements : List.of(
                "  %a = iota {axis=0, start=0} : i32[2000000000]\n  %y = abs %a : i32[2000000000]\n",
                "  %a = constant 0 : i32[2000000000]\n  %b = constant 0 : i32[2000000000]\n"
                        + "  %y = div %a, %b : i32[2000000000]\n",
                "  %a = iota {axis=0, start=0} : i32[9000000000]\n  %y = abs %a : i32[9000000000]\n")) {
            String type = statements.contains("9000000000") ? "i32[9000000000]" : "i32[2000000000]";
            Program program = program(type, "%y", statements);
            CompileException e = assertThrows(CompileException.class, () -> optimised(program), statements);
            assertTrue(e.getMessage().contains("the pass fold-constants"), e.getMessage());
        }
    }

    /** Wholes beyond 2^53 are not doubles, which literals are. */
    @Test
    void largeWholesAreFoldedExactly() {
        Program program = program("i64[1]", "%y", """
                  %a = constant 9007199254740992 : i64[1]
                  %b = constant 1 : i64[1]
                  %y = add %a, %b : i64[1]
                """);
        Program folded = new FoldConstants().run(program);
        assertEquals(1, folded.constants().size());
        assertEquals(
                9007199254740993L, folded.constants().values().iterator().next().getLong(0));
    }

    @Test
    void planningManyValuesIsQuick() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4_500; i++) {
            text.append(String.format(
                    Locale.ROOT, "  %%v%d = pad %%x {axis=0, before=%d, after=0} : f32[S+%d]%n", i, i, i));
        }
        text.append("  %z0 = constant 0 : f32[1]\n");
        for (int i = 1; i < 4_500; i++) {
            text.append(
                    String.format(Locale.ROOT, "  %%z%d = slice %%v%d {axis=0, start=0, limit=1} : f32[1]%n", i, i));
        }
        for (int i = 1; i < 4; i++) {
            text.append("  %c" + i + " = concat ");
            for (int j = 0; j < 999; j++) {
                text.append(j == 0 ? "" : ", ").append("%z").append(i * 999 + j);
            }
            text.append(" {axis=0} : f32[999]\n");
        }
        text.append("  %y = concat %c1, %c2, %c3 {axis=0} : f32[2997]\n");
        Program program = program("f32[2997]", "%y", text);
        assertTimeoutPreemptively(SOON, () -> MemoryPlanner.plan(program));
    }

    /** Each pass by itself, as opt runs them. */
    @Test
    void eachPassTakesHugeSizes() {
        Program program = program("f32[S*S*S*S*S*S*S*S,2147483648]", "%y", """
                  %a = broadcast %q0 : f32[S*S*S*S*S*S*S*S,2147483648]
                  %y = exp %a : f32[S*S*S*S*S*S*S*S,2147483648]
                """.replace("%q0", "%k")
                .replaceFirst("^", "  %k = constant 1 : f32[]\n"));
        for (Pass pass : Passes.packedOptimisations()) {
            assertTimeoutPreemptively(SOON, () -> Compiler.run(program, List.of(pass), (p, q) -> {}));
        }
        MemoryPlanner.plan(program);
    }
}

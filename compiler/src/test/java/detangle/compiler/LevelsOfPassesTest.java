package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.pass.CommonSubexpressions;
import detangle.compiler.pass.FuseElementwise;
import detangle.compiler.placement.Placement;
import detangle.ir.Builder;
import detangle.ir.IrException;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.UnaryFunction;
import detangle.ir.text.Parser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A program holds what the level may hold that it has come to: before a pass, behind it, and where a backend is given
 * it.
 */
class LevelsOfPassesTest {
    private static final Program PROGRAM = Parser.parse("test.dtir", """
            func @f(%x: f32[4]) -> (y: f32[4]) {
              %y = exp %x : f32[4]
              return y = %y
            }
            """);

    /** A pass that belongs in front of fuse-elementwise. */
    private record Negate() implements Pass {
        @Override
        public String name() {
            return "negate";
        }

        @Override
        public Program run(Program program) {
            Node y = new Builder().unary(UnaryFunction.NEG, program.output("y"));
            return new Program(program.name(), program.inputs(), List.of(new Output("y", y)), Map.of());
        }
    }

    private static Program run(Program program, Pass... passes) {
        return Compiler.run(program, List.of(passes), (pass, p) -> {});
    }

    private static void assertRefused(String message, Program program, Pass... passes) {
        CompileException e = assertThrows(CompileException.class, () -> run(program, passes));
        assertTrue(e.getMessage().startsWith(message), e.getMessage());
    }

    @Test
    void whatAPassLeavesTooLateIsRefused() {
        run(PROGRAM, new Negate(), new FuseElementwise(), new CommonSubexpressions());
        assertRefused(
                "the pass negate cannot be run: error [level_compiled]: a value is neg(f32[4]) : f32[4], but a backend",
                PROGRAM,
                new FuseElementwise(),
                new Negate());
    }

    @Test
    void aPlacedProgramIsNotOptimised() {
        Pass placement = new Placement(node -> true);
        Program placed = run(PROGRAM, new FuseElementwise(), placement);
        assertRefused(
                "the pass common-subexpressions cannot be run: error [level_passes]",
                placed,
                new CommonSubexpressions());
    }

    @Test
    void primitivesAreNotPlaced() {
        assertRefused(
                "the pass placement cannot be run: test.dtir:2:3: error [level_compiled]",
                PROGRAM,
                new Placement(node -> true));
    }

    @Test
    void aBackendIsGivenNoElementwisePrimitive() {
        IrException e = assertThrows(IrException.class, () -> Compiler.compile(PROGRAM, List.of()));
        assertEquals(
                "test.dtir:2:3: error [level_compiled]: %y is exp(f32[4]) : f32[4], but a backend is given elementwise"
                        + " primitives in regions alone, as fuse-elementwise leaves them, and no transfers",
                e.getMessage());
        assertEquals(
                1,
                Compiler.compile(PROGRAM, List.of(new FuseElementwise()))
                        .program()
                        .outputs()
                        .size());
    }
}

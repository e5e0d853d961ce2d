package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import java.util.List;

/** Passes over programs as text, so that a test reads like the sketch of its pass. */
final class Sketch {
    private Sketch() {}

    /** The pass makes the one text from the other; both are written as the printer writes. */
    static void becomes(Pass pass, String before, String after) {
        assertEquals(
                after, Printer.print(Compiler.run(Parser.parse("before.dtir", before), List.of(pass), (p, r) -> {})));
    }

    /** The pass leaves the program as it is. */
    static void stays(Pass pass, String program) {
        becomes(pass, program, program);
    }
}

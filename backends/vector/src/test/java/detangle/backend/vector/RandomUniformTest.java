package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Random numbers that a program reads as they are have the bits that the interpreter gives, in tasks or in one. */
class RandomUniformTest {
    @Test
    void agreesWithTheInterpreterToTheBit() {
        Program program = Parser.parse("f.dtir", """
                func @f(%s: i64[], %x: i64[B]) -> (y: f32[B,7]) {
                  %0 = random_uniform %s {stream=5} : f32[B,7]
                  return y = %0
                }
                """);
        assertEquals(List.of(), Selection.of(program).interpreted());
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int rows : new int[] {0, 1, 50_001}) {
                Map<String, Tensor> inputs =
                        Map.of("s", Tensor.of(new long[] {-9}), "x", Tensor.of(new long[rows], rows));
                assertArrayEquals(
                        new Interpreter(Precision.F32)
                                .run(program, inputs)
                                .get("y")
                                .toFloats(),
                        executable.run(inputs).get("y").toFloats());
            }
        }
    }
}

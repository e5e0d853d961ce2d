package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Pipeline;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.testing.Closeness;
import detangle.ir.testing.RandomPrograms;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Random programs on this backend, as written and compiled, against the interpreter in double precision. */
class RandomProgramTest {
    private static final int PROGRAMS = Integer.getInteger("detangle.random.programs", 1000);
    private static final double NMSE = 1e-11;

    @Test
    void agreesWithTheInterpreter() {
        for (long seed = 0; seed < PROGRAMS; seed++) {
            RandomPrograms.Sample sample = RandomPrograms.sample(seed);
            Map<String, Tensor> expected = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
            try (Executable compiled =
                    new VectorDevice().load(Compiler.compile(sample.program(), Pipeline.optimisations()))) {
                check(seed, "compiled", expected, compiled.run(sample.inputs()));
            }
            try (Executable written = new VectorDevice().load(Compiler.compile(sample.program(), List.of()))) {
                check(seed, "as written", expected, written.run(sample.inputs()));
            }
        }
    }

    private static void check(long seed, String how, Map<String, Tensor> expected, Map<String, Tensor> actual) {
        double error = Closeness.nmse(expected, actual);
        assertTrue(error <= NMSE, "program " + seed + " " + how + " is off by " + error);
    }
}

package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.Executable;
import detangle.backend.scalar.ScalarEmitter;
import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.testing.EveryFunction;
import detangle.testing.RandomPrograms.Sample;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every scalar function, comparison, conversion, reduction and activation at every type, as kernels of this backend
 * where it has such a type.
 */
class EveryFunctionTest {
    private static final double MARGIN = 100;

    @ParameterizedTest
    @EnumSource
    void agreesWithTheInterpreter(DType dtype) {
        Sample sample = EveryFunction.of(dtype);
        for (List<Pass> passes : List.of(List.of(Passes.named("fuse-elementwise")), Passes.optimisations())) {
            try (Executable executable = new VectorDevice().load(Compiler.compile(sample.program(), passes))) {
                EveryFunction.check(sample, executable.run(sample.inputs()), MARGIN);
            }
        }
    }

    /**
     * The interpreter divides integers, as it alone can refuse to divide by zero, and makes types that kernels do not
     * compute in.
     */
    @ParameterizedTest
    @EnumSource
    void kernelsAreGenerated(DType dtype) {
        assumeTrue(ScalarEmitter.covers(dtype));
        Program program = Compiler.compile(EveryFunction.of(dtype).program(), Passes.optimisations())
                .program();
        List<Node> interpreted = Selection.of(program).interpreted();
        for (Output output : program.outputs()) {
            boolean hasKernel = ScalarEmitter.covers(output.node().type().dtype())
                    && !(output.name().equals("div") && dtype.isInteger());
            assertEquals(!hasKernel, interpreted.contains(output.node()), output.name());
        }
    }
}

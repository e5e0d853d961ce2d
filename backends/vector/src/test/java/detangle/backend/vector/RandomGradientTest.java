package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradient;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Gradients of random programs on this backend, by fast rules and kernels, against the interpreter in double precision.
 */
class RandomGradientTest {
    private static final double NMSE = 1e-10;

    /** A backend sums in another order than the interpreter, which may be worse for it by some bits. */
    private static final double ROUNDING = 100;

    /** Zeros have this error: a bound that lets them pass compares nothing. */
    private static final double ERROR_OF_ZEROS = 1;

    /**
     * The largest share of programs whose bound is above {@link #ERROR_OF_ZEROS}. Single precision leaves next to nothing
     * of their gradients.
     */
    private static final double LARGEST_SHARE_WITHOUT_BOUND = 0.02;

    private static final int FEWEST_OF_A_SHARE = 100;

    /** The gradients of the sum of a program's last output with respect to its inputs of floats. */
    private static Program gradients(Program program) {
        Builder b = new Builder();
        Node y = program.output("last");
        Node flat = b.reshape(y, y.shape().elements());
        Node loss = b.reshape(b.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
        List<Node> targets = program.inputs().stream()
                .filter(input -> input.type().dtype() == DType.F32)
                .toList();
        List<Output> outputs = new ArrayList<>();
        for (Node gradient : Gradient.of(loss, targets)) {
            outputs.add(new Output("d" + outputs.size(), gradient));
        }
        return new Program("gradients", program.inputs(), outputs, program.constants());
    }

    @Test
    void agreeWithTheInterpreter() {
        AtomicInteger programs = new AtomicInteger();
        AtomicInteger withoutBound = new AtomicInteger();
        RandomRun.run("gradients on vector", RandomPrograms::sample, 200, (seed, sample) -> {
            programs.incrementAndGet();
            Sample definition = new Sample(gradients(sample.program()), sample.inputs());
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(definition.program(), sample.inputs());
            Program forward = Compiler.run(sample.program(), Passes.training(false), (pass, p) -> {});
            Program byKernels = gradients(forward);
            try (Executable executable =
                    new VectorDevice().load(Compiler.compile(byKernels, Passes.afterGradients()))) {
                double error = Closeness.nmse(exact, executable.run(sample.inputs()));
                if (error > NMSE) {
                    // A kernel's rule rounds at other places: that of softmax subtracts numbers of the size of the
                    // gradient of its result, which leaves nothing of a gradient that is a millionth of that.
                    double rounding =
                            Math.max(Rounding.of(definition), Rounding.of(new Sample(byKernels, sample.inputs())));
                    double tolerance = ROUNDING * rounding;
                    withoutBound.addAndGet(tolerance >= ERROR_OF_ZEROS ? 1 : 0);
                    assertTrue(error <= tolerance, "it is off by " + error + ", with " + tolerance + " allowed");
                }
            }
        });
        assertTrue(
                programs.get() < FEWEST_OF_A_SHARE
                        || withoutBound.get() <= LARGEST_SHARE_WITHOUT_BOUND * programs.get(),
                withoutBound + " of " + programs + " programs are compared with no bound");
    }
}

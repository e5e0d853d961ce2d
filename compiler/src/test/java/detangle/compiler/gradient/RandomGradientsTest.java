package detangle.compiler.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Rewriter;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Gradients of random programs: the passes in front of differentiation, kernels and fast rules change nothing, nor do
 * layers that are computed again; and where a program is smooth, gradients agree with central differences.
 */
class RandomGradientsTest {
    private static final int PROGRAMS = 150;
    private static final int ELEMENTS = 4;

    /** Of central differences, relative to the largest gradient of the input. */
    private static final double TOLERANCE = 1e-4;

    /** Of two ways to compute the same in f64, relative to the largest gradient of the input. */
    private static final double LAW = 1e-9;

    /** What stops gradients changes with its operand all the same, so that differences do not agree with it. */
    private static Program withoutStops(Program program) {
        return Rewriter.rewrite(
                program,
                List.of((node, uses) ->
                        node.op() instanceof TensorOp.StopGradient ? Optional.of(node.input(0)) : Optional.empty()));
    }

    /**
     * The program whose loss is a sum over its last output, with weights, of which no sum is the same for all outputs.
     */
    private static Program withLoss(Program program) {
        Builder b = new Builder();
        Node y = b.convert(program.output("last"), DType.F64);
        Node weights = b.op(new TensorOp.RandomUniform(y.type(), 99), b.constant(DType.I64, 1));
        Node flat = b.reshape(b.mul(y, weights), y.shape().elements());
        Node loss = b.reshape(b.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
        return new Program(
                "loss", program.inputs(), List.of(new Output(CentralDifferences.LOSS, loss)), program.constants());
    }

    @Test
    void agreeWithCentralDifferences() {
        int[] compared = new int[1];
        RandomRun.run("gradients", false, PROGRAMS, (seed, sample) -> compared[0] += check(seed, sample));
        assertTrue(compared[0] >= PROGRAMS, "only " + compared[0] + " elements were compared");
    }

    /** Returns how many elements were compared with differences. */
    private static int check(long seed, Sample sample) {
        Program program = withLoss(withoutStops(sample.program()));
        Map<String, Tensor> gradients = CentralDifferences.gradients(program, sample.inputs(), Map.of());
        Program fused = Compiler.run(program, Passes.training(false), (pass, p) -> {});
        Map<String, Tensor> byKernels = CentralDifferences.gradients(fused, sample.inputs(), Map.of());
        Map<String, Tensor> again =
                CentralDifferences.gradients(program, sample.inputs(), Map.of(), RandomGradientsTest::layer);
        Random random = new Random(seed);
        int compared = 0;
        for (String name : gradients.keySet().stream().sorted().toList()) {
            Tensor gradient = gradients.get(name);
            assertArrayEquals(gradient.toDoubles(), again.get(name).toDoubles(), name + " of layers");
            double largest = largest(gradient);
            if (!Double.isFinite(largest) || gradient.elements() == 0) {
                continue;
            }
            for (int i = 0; i < gradient.elements(); i++) {
                double expected = gradient.getDouble(i);
                double allowed = LAW * Math.max(1, largest);
                assertEquals(expected, byKernels.get(name).getDouble(i), allowed, name + " by kernels, element " + i);
            }
            for (int n = 0; n < ELEMENTS; n++) {
                int element = random.nextInt((int) gradient.elements());
                double wide = difference(program, sample.inputs(), name, element, 1e-3);
                double narrow = difference(program, sample.inputs(), name, element, 2.5e-4);
                double allowed = TOLERANCE * Math.max(1, largest);
                // Where the two differ, there is a corner or a bend between.
                if (Math.abs(wide - narrow) < allowed) {
                    assertEquals(narrow, gradient.getDouble(element), 3 * allowed, name + ", element " + element);
                    compared++;
                }
            }
        }
        return compared;
    }

    /** Puts weights into four layers, and one of five below them. */
    private static OptionalInt layer(String weight) {
        int number = Integer.parseInt(weight.substring(1)) % 5;
        return number == 4 ? OptionalInt.empty() : OptionalInt.of(number);
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (int i = 0; i < tensor.elements(); i++) {
            largest = Math.max(largest, Math.abs(tensor.getDouble(i)));
        }
        return largest;
    }

    /** The inputs are f32, so that the step is what is left of it after rounding. */
    private static double difference(
            Program program, Map<String, Tensor> inputs, String name, int element, double step) {
        Tensor above = moved(inputs.get(name), element, step);
        Tensor below = moved(inputs.get(name), element, -step);
        double rise = loss(program, inputs, name, above) - loss(program, inputs, name, below);
        return rise / (above.getDouble(element) - below.getDouble(element));
    }

    private static Tensor moved(Tensor tensor, int element, double by) {
        double[] elements = tensor.toDoubles();
        elements[element] += by;
        return Tensor.ofDoubles(tensor.dtype(), elements, tensor.shape());
    }

    private static double loss(Program program, Map<String, Tensor> inputs, String name, Tensor value) {
        Map<String, Tensor> all = new HashMap<>(inputs);
        all.put(name, value);
        return CentralDifferences.loss(program, all, Map.of());
    }
}

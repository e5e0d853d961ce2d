package detangle.ir.testing;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.testing.RandomPrograms.Sample;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** What single precision does to a program: the yardstick for how far apart two ways of computing it may be. */
public final class Rounding {
    /** Far above the rounding of single precision, far below what changes a program's character. */
    private static final double NUDGE = 0x1p-16;

    private static final long SEED = 3;

    private Rounding() {}

    /**
     * The normalised mean squared error of the program in single precision, at these inputs and at others beside them.
     * Inputs may happen to round to nothing: a row of ones has its mean exactly, in single precision and not in double.
     */
    public static double of(Sample sample) {
        double here = at(sample.program(), sample.inputs());
        return jumps(sample.program()) ? here : Math.max(here, at(sample.program(), beside(sample.inputs())));
    }

    private static double at(Program program, Map<String, Tensor> inputs) {
        return Closeness.nmse(
                new Interpreter(Precision.F64).run(program, inputs),
                new Interpreter(Precision.F32).run(program, inputs));
    }

    /** Whether a value may be far from another because an input is beside another. */
    private static boolean jumps(Program program) {
        return program.nodes().stream().anyMatch(node -> switch (node.op()) {
            case TensorOp.Unary(var f) ->
                f == UnaryFunction.FLOOR || f == UnaryFunction.CEIL || f == UnaryFunction.SIGN;
            case TensorOp.Compare c -> isFloat(node.input(0));
            case TensorOp.Convert(var to) -> isFloat(node.input(0)) && !to.isFloat();
            default -> false;
        });
    }

    private static boolean isFloat(Node node) {
        return node.type().dtype().isFloat();
    }

    private static Map<String, Tensor> beside(Map<String, Tensor> inputs) {
        Random random = new Random(SEED);
        Map<String, Tensor> nudged = new HashMap<>();
        inputs.forEach((name, tensor) -> {
            if (!tensor.dtype().isFloat()) {
                nudged.put(name, tensor);
                return;
            }
            double[] values = tensor.toDoubles();
            for (int i = 0; i < values.length; i++) {
                values[i] *= 1 + NUDGE * random.nextDouble();
            }
            nudged.put(name, Tensor.ofDoubles(tensor.dtype(), values, tensor.shape()));
        });
        return nudged;
    }
}

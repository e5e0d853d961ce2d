package detangle.compiler.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/** What the gradients of a program have to be, found by moving each element of some inputs a little, in f64. */
final class CentralDifferences {
    static final String LOSS = "loss";

    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);
    private static final double STEP = 1e-5;

    private CentralDifferences() {}

    /** The gradients of the output {@link #LOSS} with respect to inputs of floats, by name. */
    static Map<String, Tensor> gradients(Program program, Map<String, Tensor> inputs, Map<String, Tensor> parameters) {
        return gradients(program, inputs, parameters, weight -> OptionalInt.empty());
    }

    /** Returns what {@link #gradients(Program, Map, Map)} does, and computes layers again. */
    static Map<String, Tensor> gradients(
            Program program,
            Map<String, Tensor> inputs,
            Map<String, Tensor> parameters,
            Function<String, OptionalInt> layers) {
        List<Node> targets = program.inputs().stream()
                .filter(input -> input.type().dtype().isFloat())
                .toList();
        List<Node> gradients = Gradient.of(program.output(LOSS), targets, layers);
        List<Output> outputs = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            String name = ((TensorOp.Input) targets.get(i).op()).name();
            outputs.add(new Output(name, gradients.get(i)));
        }
        Program backward = new Program("gradients", program.inputs(), outputs, program.constants());
        return INTERPRETER.run(backward, inputs, parameters).outputs();
    }

    /** Compares gradients with central differences. The tolerance is relative where they are larger than 1. */
    static void check(
            Program program,
            Map<String, Tensor> inputs,
            Map<String, Tensor> parameters,
            Map<String, Tensor> gradients,
            double tolerance) {
        gradients.forEach((name, gradient) -> {
            for (int i = 0; i < gradient.elements(); i++) {
                double above = loss(program, moved(inputs, name, i, STEP), parameters);
                double below = loss(program, moved(inputs, name, i, -STEP), parameters);
                double expected = (above - below) / (2 * STEP);
                double allowed = tolerance * Math.max(1, Math.abs(expected));
                assertEquals(expected, gradient.getDouble(i), allowed, name + ", element " + i);
            }
        });
    }

    static double loss(Program program, Map<String, Tensor> inputs, Map<String, Tensor> parameters) {
        return INTERPRETER.run(program, inputs, parameters).outputs().get(LOSS).getDouble(0);
    }

    private static Map<String, Tensor> moved(Map<String, Tensor> inputs, String name, int element, double by) {
        Map<String, Tensor> all = new HashMap<>(inputs);
        Tensor value = inputs.get(name);
        double[] elements = value.toDoubles();
        elements[element] += by;
        all.put(name, Tensor.ofDoubles(DType.F64, elements, value.shape()));
        return all;
    }
}

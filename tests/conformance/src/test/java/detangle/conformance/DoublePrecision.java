package detangle.conformance;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.rewrite.Rewriter;
import detangle.models.deberta.HeadLosses;
import detangle.train.TrainingPrograms;
import detangle.train.optimizer.ParameterUpdates;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Training in the interpreter, all of it in double precision: it judges the formulas and not their rounding. */
final class DoublePrecision {
    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);
    private static final TensorType SCALAR = new TensorType(DType.F32, Shape.SCALAR);

    private final Program accumulate;
    private final Program apply;
    private final Map<String, Tensor> values;

    DoublePrecision(TrainingPrograms programs, ParameterUpdates.Plan plan, Map<String, Tensor> parameters) {
        accumulate = withDoubles(programs.accumulate().program());
        apply = withDoubles(programs.apply().program());
        values = new HashMap<>(parameters);
        Map<String, Tensor> trained = new HashMap<>(parameters);
        trained.keySet().retainAll(programs.trained().keySet());
        values.putAll(plan.states(trained));
        trained.forEach((name, value) ->
                values.put(TrainingPrograms.gradient(name), Tensor.ofDoubles(DType.F32, new double[0], value.shape())));
    }

    record Outcome(double loss, double norm) {}

    /** The same program, whose scalar floats are given in doubles. */
    private static Program withDoubles(Program program) {
        Builder b = new Builder();
        Map<Node, Node> replacements = new HashMap<>();
        List<Node> inputs = new ArrayList<>();
        for (Node input : program.inputs()) {
            if (input.op() instanceof TensorOp.Input(String name, TensorType type) && type.equals(SCALAR)) {
                inputs.add(b.input(name, new TensorType(DType.F64, Shape.SCALAR)));
                replacements.put(input, b.convert(inputs.getLast(), DType.F32));
            } else {
                inputs.add(input);
            }
        }
        Program replaced = Rewriter.replace(program, replacements);
        return new Program(program.name(), inputs, replaced.outputs(), replaced.updates(), program.constants());
    }

    private static Tensor number(double value) {
        return Tensor.of(new double[] {value});
    }

    private Map<String, Tensor> run(Program program, Map<String, Tensor> given) {
        Map<String, Tensor> inputs = new HashMap<>();
        for (Node input : program.inputs()) {
            String name = ((TensorOp.Input) input.op()).name();
            inputs.put(name, given.get(name));
        }
        Interpreter.Results results = INTERPRETER.run(program, inputs, values);
        values.putAll(results.updates());
        return results.outputs();
    }

    /** An update whose loss is the mean over micro-batches. */
    Outcome update(List<Map<String, Tensor>> batches, Map<String, Double> scalars) {
        double loss = 0;
        for (int i = 0; i < batches.size(); i++) {
            Map<String, Tensor> inputs = new HashMap<>(batches.get(i));
            inputs.put(TrainingPrograms.LOSS_FACTOR, number(1.0 / batches.size()));
            inputs.put(TrainingPrograms.KEEPS, number(i));
            loss += run(accumulate, inputs).get(HeadLosses.LOSS).getDouble(0) / batches.size();
        }
        Map<String, Tensor> inputs = new HashMap<>();
        scalars.forEach((name, value) -> inputs.put(name, number(value)));
        return new Outcome(
                loss, run(apply, inputs).get(TrainingPrograms.GRADIENT_NORM).getDouble(0));
    }
}

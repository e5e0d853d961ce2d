package detangle.testing;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random well-typed programs with odd sizes, extreme inputs, and the idioms that passes look for. The same seed gives
 * the same program. Computed values stay moderate, and functions with jumps are taken of whole numbers only, so that a
 * rounding error cannot become a jump. {@link FloatSteps}, {@link ExactSteps} and {@link IdiomSteps} list what
 * a program may be made of, a line for each step.
 */
public final class RandomPrograms {
    private static final int LONG = 257;

    private RandomPrograms() {}

    /**
     * A program and what it is given.
     *
     * @param parameters the values of the parameters that it leaves unbound
     */
    public record Sample(Program program, Map<String, Tensor> inputs, Map<String, Tensor> parameters) {
        /** A sample without parameters. */
        public Sample(Program program, Map<String, Tensor> inputs) {
            this(program, inputs, Map.of());
        }

        /**
         * Returns the values that the interpreter computes: outputs by name, and what a parameter becomes as {@code update
         * NAME}.
         */
        public Map<String, Tensor> interpreted(Precision precision) {
            Interpreter.Results results = new Interpreter(precision).run(program, inputs, parameters);
            return together(results.outputs(), results.updates());
        }

        /** Outputs and updates under the names that {@link #interpreted} gives them. */
        public static Map<String, Tensor> together(Map<String, Tensor> outputs, Map<String, Tensor> updates) {
            Map<String, Tensor> all = new HashMap<>(outputs);
            updates.forEach((name, value) -> all.put("update " + name, value));
            return all;
        }
    }

    /** Returns the program of a seed, of anything that the interpreter evaluates. */
    public static Sample sample(long seed) {
        return sample(seed, false);
    }

    /**
     * Returns the program of a seed.
     *
     * @param portable whether to keep to what other runtimes can do: no random numbers, and no element types that the
     *     runtimes lack operators for
     */
    public static Sample sample(long seed, boolean portable) {
        Draft draft = new Draft(seed, portable);
        ExactSteps exact = new ExactSteps(draft);
        FloatSteps steps = new FloatSteps(draft, exact);
        Map<String, Long> sizes = sizes(draft);
        int width = draft.size();
        draft.input(TensorType.of(DType.F32, draft.batch, draft.length, Dim.of(width)));
        draft.floats.add(draft.parameter(width));
        for (int i = 3 + draft.random.nextInt(14); i > 0; i--) {
            steps.step();
        }
        List<Output> outputs = new ArrayList<>();
        outputs.add(new Output("last", draft.floats.getLast()));
        outputs.add(new Output("some.0", draft.pick(draft.floats)));
        exact.results().forEach(node -> outputs.add(new Output("exact." + outputs.size(), node)));
        Program program = new Program("random", draft.inputs, outputs, draft.constants);
        Map<String, Tensor> values = new HashMap<>();
        for (Node input : draft.inputs) {
            String name = ((TensorOp.Input) input.op()).name();
            values.put(name, draft.value(input.type(), input.shape().evaluate(sizes)));
        }
        return new Sample(program, values);
    }

    private static Map<String, Long> sizes(Draft draft) {
        Random random = draft.random;
        // ONNX Runtime refuses to broadcast a product over an empty batch.
        long batch = !draft.portable && random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(3);
        return Map.of("B", batch, "S", (long) (random.nextInt(60) == 0 ? LONG : draft.size()));
    }
}

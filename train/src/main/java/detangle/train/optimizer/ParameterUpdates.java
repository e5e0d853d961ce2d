package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program.Update;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The end of a program that trains: from gradients to what the parameters and the optimizer's states become. Nothing
 * changes where the norm of the gradients is not a finite number.
 *
 * @param inputs the scalars of an update, by name; {@link Plan#scalars} gives their values
 * @param norm of all gradients together, before clipping: a scalar
 * @param updates of the parameters, and of the variables that {@link #state} names
 */
public record ParameterUpdates(List<Node> inputs, Node norm, List<Update> updates) {
    /** What the names of variables that {@link #state} gives begin with. */
    public static final String STATES = "optimizer.";

    /** Scalar input: what gradients are multiplied by first, where the loss was scaled. */
    public static final String GRADIENT_SCALE = "gradient_scale";

    /**
     * How parameters are updated.
     *
     * @param groups every parameter that has a gradient is of one of their groups
     * @param scaled whether gradients are those of a scaled loss, so that there is an input {@link #GRADIENT_SCALE}
     */
    public record Plan(Optimizer optimizer, Clipping clipping, ParameterGroups groups, boolean scaled) {
        /**
         * The values of the inputs for one update.
         *
         * @param step how many updates have been done before it
         * @param rate the learning rate of the update
         * @param gradientScale one divided by what the loss was multiplied by
         */
        public Map<String, Tensor> scalars(long step, double rate, double gradientScale) {
            Map<String, Tensor> scalars = new HashMap<>();
            optimizer.scalars(step, rate).forEach((name, value) -> scalars.put(name, scalar(value)));
            if (scaled) {
                scalars.put(GRADIENT_SCALE, scalar(gradientScale));
            }
            return scalars;
        }

        /**
         * The variables that the optimizer needs beside the parameters, before the first update.
         *
         * @param parameters those that are trained
         */
        public Map<String, Tensor> states(Map<String, Tensor> parameters) {
            // Whoever makes variables of them copies them, so that all zeros may be the same memory until then.
            long most = parameters.values().stream()
                    .mapToLong(value -> value.data().byteSize())
                    .max()
                    .orElse(0);
            MemorySegment zeros = MemorySegment.ofArray(new byte[Math.toIntExact(most)]);
            Map<String, Tensor> states = new HashMap<>();
            for (Optimizer.State state : optimizer.states()) {
                parameters.forEach((name, value) -> states.put(
                        state(state.name(), name),
                        switch (state.start()) {
                            case ZEROS ->
                                new Tensor(
                                        value.dtype(),
                                        value.shape(),
                                        zeros.asSlice(0, value.data().byteSize()));
                            case PARAMETER -> value;
                        }));
            }
            return states;
        }
    }

    private static Tensor scalar(double value) {
        return Tensor.ofDoubles(DType.F32, new double[] {value});
    }

    /** The name of the variable that holds a state of the optimizer for a parameter. */
    public static String state(String state, String parameter) {
        return STATES + state + "." + parameter;
    }

    /**
     * Writes the updates.
     *
     * @param gradients for each parameter that is updated, which is a node with op {@link TensorOp.Param}, a value of its
     *     type. All are of one element type.
     */
    public static ParameterUpdates of(Builder b, Plan plan, SequencedMap<Node, Node> gradients) {
        DType dtype = gradients.firstEntry().getKey().type().dtype();
        SequencedMap<String, Node> scalars = new LinkedHashMap<>();
        for (String name : plan.optimizer().scalarNames()) {
            scalars.put(name, b.input(name, new TensorType(dtype, Shape.SCALAR)));
        }
        List<Node> inputs = new ArrayList<>(scalars.values());
        Node norm = Clipping.norm(b, List.copyOf(gradients.values()));
        Node factor;
        if (plan.scaled()) {
            Node scale = b.input(GRADIENT_SCALE, new TensorType(dtype, Shape.SCALAR));
            inputs.add(scale);
            norm = b.mul(norm, scale);
            factor = b.mul(plan.clipping().factor(b, norm), scale);
        } else {
            factor = plan.clipping().factor(b, norm);
        }
        Node finite = Clipping.isFinite(b, norm);
        List<Update> updates = new ArrayList<>();
        gradients.forEach((parameter, gradient) -> {
            String name = ((TensorOp.Param) parameter.op()).name();
            SequencedMap<String, Node> states = new LinkedHashMap<>();
            for (Optimizer.State state : plan.optimizer().states()) {
                states.put(state.name(), b.param(state(state.name(), name), parameter.type()));
            }
            Optimizer.Updated updated = plan.optimizer()
                    .update(
                            b,
                            new Optimizer.Values(parameter, b.mul(gradient, factor), states, scalars),
                            plan.groups().of(name));
            updates.add(new Update(parameter, b.select(finite, updated.parameter(), parameter)));
            states.forEach((state, old) -> updates.add(
                    new Update(old, b.select(finite, updated.states().get(state), old))));
        });
        return new ParameterUpdates(inputs, norm, updates);
    }
}

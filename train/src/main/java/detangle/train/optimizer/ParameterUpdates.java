package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program.Update;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The end of a program that trains: it computes new parameters and states of the optimizer from gradients. Nothing
 * changes if the norm of the gradients is not a finite number.
 *
 * @param inputs the scalars of an update, by name; {@link Plan#scalars} gives their values
 * @param norm the norm of all gradients together, before clipping: a scalar
 * @param updates the updates of the parameters, and of the variables that {@link #state} names
 */
public record ParameterUpdates(List<Node> inputs, Node norm, List<Update> updates) {
    /** The beginning of the names of variables that {@link #state} returns. */
    public static final String STATES = "optimizer.";

    /** The name of the scalar input that multiplies gradients first, if the loss was scaled. */
    public static final String GRADIENT_SCALE = "gradient_scale";

    /**
     * The plan of how parameters are updated.
     *
     * @param groups the groups of all parameters that have a gradient
     * @param scaled whether gradients are those of a scaled loss, so that there is an input {@link #GRADIENT_SCALE}
     */
    public record Plan(Optimizer optimizer, Clipping clipping, ParameterGroups groups, boolean scaled) {
        /**
         * Returns the values of the inputs for one update.
         *
         * @param step the number of updates that have been done before it
         * @param rate the learning rate of the update
         * @param gradientScale one divided by the factor of the loss
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
         * Returns the variables that the optimizer needs beside the parameters, before the first update.
         *
         * @param parameters the parameters that are trained
         */
        public Map<String, Tensor> states(Map<String, Tensor> parameters) {
            Zeros zeros = Zeros.forLargest(parameters.values());
            Map<String, Tensor> states = new HashMap<>();
            for (Optimizer.State state : optimizer.states()) {
                parameters.forEach((name, value) -> states.put(
                        state(state.name(), name),
                        switch (state.start()) {
                            case ZEROS -> zeros.like(value);
                            case PARAMETER -> value;
                        }));
            }
            return states;
        }
    }

    private static Tensor scalar(double value) {
        return Tensor.ofDoubles(DType.F32, new double[] {value});
    }

    /** Returns the name of the variable that holds a state of the optimizer for a parameter. */
    public static String state(String state, String parameter) {
        return STATES + state + "." + parameter;
    }

    /**
     * Writes the updates.
     *
     * @param gradients for each parameter that is updated, which is a node with op {@link TensorOp.Param}, a value of
     *     its type. All are of one element type.
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

package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.Node;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A rule that computes a parameter's next value from its gradient, written in the IR. A program contains it once for
 * each parameter. Values that change from update to update and are the same for all parameters are scalar inputs, which
 * {@link #scalars(long, double)} computes in double precision.
 */
public sealed interface Optimizer permits AdamW, XAdam {
    /**
     * A value of a parameter's type that is kept for it from one update to the next.
     *
     * @param name the name, such as {@code m}
     * @param start the value before the first update
     */
    record State(String name, Start start) {}

    /** The value of a state before the first update. */
    enum Start {
        ZEROS,
        PARAMETER
    }

    /** Returns the name that {@link Optimizers#named} knows. */
    String name();

    /** Returns the states of each parameter. */
    List<State> states();

    /**
     * Returns the scalars that an update needs, by name.
     *
     * @param step the number of updates that have been done before it, so 0 for the first
     * @param rate the learning rate of the update, after its schedule
     */
    SequencedMap<String, Double> scalars(long step, double rate);

    /** Returns the names of the scalars, in their order. */
    default List<String> scalarNames() {
        return List.copyOf(scalars(0, 1).keySet());
    }

    /**
     * The values before an update. All have one element type.
     *
     * @param gradient the clipped gradient, of the parameter's shape
     * @param states the states by name, of the parameter's shape
     * @param scalars the scalars by name, without axes
     */
    record Values(Node parameter, Node gradient, Map<String, Node> states, Map<String, Node> scalars) {
        Node state(String name) {
            return states.get(name);
        }

        Node scalar(String name) {
            return scalars.get(name);
        }
    }

    /**
     * The values after an update.
     *
     * @param states the new value of each of {@link #states}, by name
     */
    record Updated(Node parameter, SequencedMap<String, Node> states) {}

    /** Returns the nodes that compute the new values of one parameter. */
    Updated update(Builder b, Values values, ParameterGroup group);
}

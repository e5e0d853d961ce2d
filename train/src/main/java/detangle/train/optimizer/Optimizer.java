package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.Node;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A rule that makes a parameter's next value from its gradient, written in the IR: a program holds it once for each
 * parameter. What changes from update to update and is the same for all parameters comes as scalars, which
 * {@link #scalars(long, double)} computes in double precision.
 */
public sealed interface Optimizer permits AdamW, XAdam {
    /**
     * A value that is kept for each parameter, of its type, from one update to the next.
     *
     * @param name such as {@code m}
     * @param start what it is before the first update
     */
    record State(String name, Start start) {}

    /** What a state is before the first update. */
    enum Start {
        ZEROS,
        PARAMETER
    }

    /** What is kept for each parameter. */
    List<State> states();

    /**
     * The scalars that an update needs, by name.
     *
     * @param step how many updates have been done before it, so 0 for the first
     * @param rate the learning rate of the update, after its schedule
     */
    SequencedMap<String, Double> scalars(long step, double rate);

    /** The names of the scalars, in their order. */
    default List<String> scalarNames() {
        return List.copyOf(scalars(0, 1).keySet());
    }

    /**
     * What an update makes new values of. All are of one element type.
     *
     * @param gradient of the parameter's shape, clipped
     * @param states by name, of the parameter's shape
     * @param scalars by name, without axes
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
     * New values.
     *
     * @param states by name, for each of {@link #states}
     */
    record Updated(Node parameter, SequencedMap<String, Node> states) {}

    /** The nodes that compute the new values of one parameter. */
    Updated update(Builder b, Values values, ParameterGroup group);
}

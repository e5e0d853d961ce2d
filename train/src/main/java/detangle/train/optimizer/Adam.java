package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.UnaryFunction;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** The names of states and the moving averages that the members of Adam's family (Kingma and Ba 2015) share. */
final class Adam {
    static final String M = "m";
    static final String V = "v";
    static final String RATE = "learning_rate";

    private Adam() {}

    /** @throws OptimizerException if a number is outside its range */
    static void check(double beta1, double beta2, double epsilon) {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new OptimizerException(
                    "adam_beta1 is " + beta1 + " and adam_beta2 is " + beta2 + ": both must be at least 0 and below 1");
        }
        if (!(epsilon >= 0)) {
            throw new OptimizerException("adam_epsilon is " + epsilon + ": it must be 0 or more");
        }
    }

    static Node constant(Builder b, Node like, double value) {
        return b.constant(like.type().dtype(), value);
    }

    /** Returns {@code beta average + (1 - beta) value}. */
    static Node average(Builder b, double beta, Node average, Node value) {
        return b.add(b.mul(constant(b, average, beta), average), b.mul(constant(b, value, 1 - beta), value));
    }

    /** Returns {@code beta average + (1 - beta) value^2}. */
    static Node averageOfSquares(Builder b, double beta, Node average, Node value) {
        return average(b, beta, average, b.mul(value, value));
    }

    static Node root(Builder b, Node x) {
        return b.unary(UnaryFunction.SQRT, x);
    }

    /** Returns a scalar times a number, or the scalar itself if the number is 1. */
    static Node times(Builder b, Node scalar, double factor) {
        return factor == 1 ? scalar : b.mul(scalar, constant(b, scalar, factor));
    }

    static SequencedMap<String, Node> states(Node m, Node v) {
        SequencedMap<String, Node> states = new LinkedHashMap<>();
        states.put(M, m);
        states.put(V, v);
        return states;
    }
}

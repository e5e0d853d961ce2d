package detangle.ir.rewrite;

import detangle.ir.Node;
import java.util.Optional;

/** A local rewrite: a pattern, a condition, a replacement of equal value and type. */
@FunctionalInterface
public interface Rule {
    /** Returns the replacement of a node, or empty where the rule does not fire. */
    Optional<Node> rewrite(Node node, Uses uses);

    /** Tells how often nodes of the program being rewritten are read. */
    interface Uses {
        /**
         * Returns whether exactly one operand, output or update refers to the node; false for a node that a rule has
         * just made.
         */
        boolean once(Node node);
    }
}

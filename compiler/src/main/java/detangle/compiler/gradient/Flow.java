package detangle.compiler.gradient;

import detangle.ir.Node;
import java.util.function.Supplier;

/** Takes the results of a rule: the gradients with respect to the operands of one node. */
@FunctionalInterface
interface Flow {
    /**
     * Adds to the gradient with respect to an operand.
     *
     * @param gradient makes the gradient, of the operand's type; it is called only if the gradient is needed
     */
    void to(int operand, Supplier<Node> gradient);

    /**
     * A rule that computes the gradients with respect to a node's operands from the gradient with respect to its
     * result.
     */
    @FunctionalInterface
    interface Rule {
        /** @param gradient the gradient with respect to the result, of the node's type */
        void pass(Node node, Node gradient, Flow flow);
    }
}

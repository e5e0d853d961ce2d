package detangle.compiler.gradient;

import detangle.ir.Node;
import java.util.function.Supplier;

/** Takes what a rule finds: the gradients with respect to the operands of one node. */
@FunctionalInterface
interface Flow {
    /**
     * Adds to the gradient with respect to an operand.
     *
     * @param gradient of the operand's type; it is made only where someone needs it
     */
    void to(int operand, Supplier<Node> gradient);

    /** How the gradient with respect to a node's result becomes those with respect to its operands. */
    @FunctionalInterface
    interface Rule {
        /** @param gradient of the node's type */
        void pass(Node node, Node gradient, Flow flow);
    }
}

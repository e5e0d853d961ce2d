package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.hasRowsOfFloats;

import detangle.ir.Builder;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rule;
import java.util.Optional;

/**
 * Softmax over the last axis of the places where a mask holds, written in primitives:
 *
 * <pre>
 * z = select(mask, scores, -inf);  e = exp(z - reduce_max(z));  select(mask, e / reduce_sum(e), 0)
 * </pre>
 */
record SoftmaxPattern(Node scores, Node mask) {
    static Optional<SoftmaxPattern> match(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof TensorOp.Select) || !hasRowsOfFloats(node)) {
            return Optional.empty();
        }
        Pattern p = new Pattern(uses);
        // A mask that widens the scores would give the kernel's result another shape.
        Node scores = p.any(node.type());
        Node mask = node.input(0);
        return p.matches(new Idioms(new Builder()).maskedSoftmax(scores, mask), node)
                ? Optional.of(new SoftmaxPattern(p.at(scores), mask))
                : Optional.empty();
    }
}

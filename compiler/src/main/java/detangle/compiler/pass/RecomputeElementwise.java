package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Rewriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A cheap elementwise value that several elementwise operations read is computed by each of them again, inside of its
 * region, so that it is not kept in memory. Between a forward and a backward pass it would be kept for long: without
 * this pass, GELU keeps four values for its gradient, and with it only its operand.
 *
 * <pre>
 * %a = mul %x, 0.5                   %a  = mul %x, 0.5
 * %y = add %a, %b            =>      %y  = add %a, %b
 * %z = mul %a, %c                    %a' = mul %x, 0.5
 *                                    %z  = mul %a', %c
 * </pre>
 *
 * <p>It has to follow from one value of its size at most, and from smaller ones, so that nothing else is kept in its
 * stead.
 */
public final class RecomputeElementwise implements Pass {
    /** The most functions that are computed again. A region has room for several such values. */
    private static final int MAX_FUNCTIONS = 8;

    /**
     * The computation of an element of a value by its region: the number of functions, and the values that they read.
     */
    private record Tree(int functions, Set<Node> leaves) {}

    @Override
    public String name() {
        return "recompute-elementwise";
    }

    @Override
    public Program run(Program program) {
        Map<Node, List<Node>> users = program.users();
        Set<Node> returned = identitySet();
        returned.addAll(program.roots());
        // Values that become part of their readers' regions.
        Map<Node, Tree> joining = new IdentityHashMap<>();
        Set<Node> recomputed = identitySet();
        for (Node node : program.nodes()) {
            if (!Patterns.isElementwise(node) || returned.contains(node) || !isReadByElements(node, users.get(node))) {
                continue;
            }
            Tree tree = tree(node, joining);
            boolean single = users.get(node).stream().distinct().count() == 1;
            if (single || isCheap(node, tree)) {
                joining.put(node, tree);
                if (!single) {
                    recomputed.add(node);
                }
            }
        }
        return recomputed.isEmpty() ? program : rebuilt(program, recomputed, joining.keySet());
    }

    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** Returns whether a node has readers and all of them are elementwise operations over as many elements. */
    private static boolean isReadByElements(Node node, List<Node> users) {
        return !users.isEmpty()
                && users.stream()
                        .allMatch(user ->
                                Patterns.isElementwise(user) && user.shape().equals(node.shape()));
    }

    private static Tree tree(Node node, Map<Node, Tree> joining) {
        int functions = 1;
        Set<Node> leaves = identitySet();
        for (Node input : node.inputs()) {
            Tree producer = input.shape().equals(node.shape()) ? joining.get(input) : null;
            if (producer == null) {
                leaves.add(input);
            } else {
                functions += producer.functions();
                leaves.addAll(producer.leaves());
            }
        }
        return new Tree(functions, leaves);
    }

    private static boolean isCheap(Node node, Tree tree) {
        long large = tree.leaves().stream()
                .filter(leaf -> leaf.shape().equals(node.shape()) && !(leaf.op() instanceof TensorOp.Constant))
                .count();
        return tree.functions() <= MAX_FUNCTIONS && large <= 1;
    }

    private static Program rebuilt(Program program, Set<Node> recomputed, Set<Node> joining) {
        Map<Node, Node> rebuilt = new IdentityHashMap<>();
        for (Node node : program.nodes()) {
            if (!recomputed.contains(node)) {
                rebuilt.put(node, over(node, recomputed, joining, rebuilt));
            }
        }
        return Rewriter.replace(program, rebuilt);
    }

    /**
     * Returns the node over copies of those operands that are computed again.
     *
     * @param copied the operands that are copied; a copy also copies the operands that only it reads, a few functions
     *     in all
     */
    private static Node over(Node node, Set<Node> copied, Set<Node> joining, Map<Node, Node> rebuilt) {
        Map<Node, Node> copies = new IdentityHashMap<>();
        List<Node> inputs = new ArrayList<>();
        for (Node input : node.inputs()) {
            boolean isCopied = copied.contains(input) && input.shape().equals(node.shape());
            if (isCopied && !copies.containsKey(input)) {
                Node copy = over(input, joining, joining, rebuilt);
                copies.put(input, copy == input ? input.withInputs(input.inputs()) : copy);
            }
            inputs.add(isCopied ? copies.get(input) : rebuilt.get(input));
        }
        return inputs.equals(node.inputs()) ? node : node.withInputs(inputs);
    }
}

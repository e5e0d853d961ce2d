package detangle.compiler.gradient;

import detangle.compiler.CompileException;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Decomposition;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;

/**
 * Gradients of a scalar, by reverse-mode differentiation of the graph (Griewank and Walther, Evaluating Derivatives,
 * 2008, section 3.2). {@link TensorGradient} says how a gradient passes through each primitive, which is its
 * definition. {@link KernelGradient} has faster rules for some kernels; the gradient of every other kernel is that of
 * its {@linkplain Decomposition primitives}.
 *
 * <p>Where a value is read several times, the gradients that come from its readers are added in one order, which
 * depends on the graph alone.
 */
public final class Gradient {
    private final Builder b = new Builder();
    private final TensorGradient tensors = new TensorGradient(b);
    private final KernelGradient kernels = new KernelGradient(b, this::through);

    private Gradient() {}

    /**
     * Returns the gradient of a loss with respect to each target, of the target's type. It is zero where the loss does
     * not depend on the target, or does so through operations without a gradient alone: integers, truth values,
     * {@code stop_gradient}, {@code ceil}, {@code floor} and {@code sign}.
     *
     * @param loss a float scalar
     * @param targets values of floats; parameters or inputs, or values that are computed on the way to the loss
     * @throws CompileException if the loss is not a float scalar, or a target does not hold floats
     */
    public static List<Node> of(Node loss, List<Node> targets) {
        return of(loss, targets, weight -> OptionalInt.empty());
    }

    /**
     * Returns the same gradients as {@link #of(Node, List)}, and computes layers again where gradients read their
     * values, so that only the values below a layer that the layer reads are kept.
     *
     * @param layers the number, from 0, of the layer that a parameter or a named constant belongs to; empty if it
     *     belongs to none
     */
    public static List<Node> of(Node loss, List<Node> targets, Function<String, OptionalInt> layers) {
        if (!loss.type().dtype().isFloat() || loss.type().rank() != 0) {
            throw new CompileException("a gradient is taken of a float scalar, and " + named(loss) + " is "
                    + loss.type() + ": take the sum or the mean of its elements");
        }
        for (Node target : targets) {
            if (!target.type().dtype().isFloat()) {
                throw new CompileException(
                        "a gradient is taken with respect to floats, and " + named(target) + " is " + target.type());
            }
        }
        Gradient gradient = new Gradient();
        Node one = gradient.b.constant(loss.type().dtype(), 1);
        RecomputedLayers again = new RecomputedLayers(gradient.b, order(loss, Set.of()), layers);
        Map<Node, Node> found = gradient.backward(loss, one, identitySet(targets), Set.of(), again::inBackward);
        return targets.stream()
                .map(target -> found.containsKey(target) ? found.get(target) : zeros(gradient.b, target.type()))
                .toList();
    }

    private static String named(Node node) {
        return node.op() instanceof TensorOp.Param(String name, TensorType type)
                ? "the parameter " + name
                : node.name().isEmpty() ? "a value" : "%" + node.name();
    }

    /** Makes zeros of a type. */
    static Node zeros(Builder b, TensorType type) {
        return filled(b, type.dtype(), 0, type.shape());
    }

    /** Makes a value of a shape that is full of one number. */
    static Node filled(Builder b, DType dtype, double value, Shape shape) {
        Node number = b.constant(dtype, value);
        return shape.rank() == 0 ? number : b.broadcast(number, shape);
    }

    private static Set<Node> identitySet(Collection<Node> nodes) {
        Set<Node> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.addAll(nodes);
        return set;
    }

    /** Chooses the values that gradients are computed of. */
    private interface Reading {
        /**
         * Returns a node that has the value of a node of the forward pass.
         *
         * @param gradients the gradients that have been found by now and are to be passed on, by the node
         */
        Node of(Node node, SequencedMap<Node, Node> gradients);
    }

    /**
     * Returns the gradients with respect to those targets that a gradient reaches.
     *
     * @param seed the gradient with respect to the root
     * @param leaves values that are not followed to their operands
     */
    private Map<Node, Node> backward(Node root, Node seed, Set<Node> targets, Set<Node> leaves, Reading reading) {
        List<Node> order = order(root, leaves);
        Set<Node> dependent = dependent(order, targets, leaves);
        Map<Node, Node> found = new IdentityHashMap<>();
        // By value, the sum of the gradients that have come from its readers, in the order in which they came.
        SequencedMap<Node, Node> arrived = new LinkedHashMap<>();
        arrived.put(root, seed);
        for (Node node : order.reversed()) {
            Node gradient = arrived.get(node);
            if (gradient != null && dependent.contains(node)) {
                if (targets.contains(node)) {
                    found.put(node, gradient);
                }
                if (!leaves.contains(node)) {
                    pass(reading.of(node, arrived), gradient, (operand, part) -> {
                        Node input = node.input(operand);
                        if (dependent.contains(input)) {
                            arrived.merge(input, part.get(), b::add);
                        }
                    });
                }
            }
            arrived.remove(node);
        }
        return found;
    }

    /** Passes the gradient with respect to a node on to its operands. */
    private void pass(Node node, Node gradient, Flow flow) {
        switch (node.op()) {
            case TensorOp op -> tensors.pass(op, node, gradient, flow);
            case KernelOp op ->
                kernels.rule(op)
                        .orElse((n, dy, f) -> through(Decomposition.of(op, n.inputs()), n, dy, f))
                        .pass(node, gradient, flow);
        }
    }

    /**
     * Passes the gradient with respect to a node on to its operands, as that of another form of the node. Values of the
     * form that the gradient reads are computed again, unless the program computes them anyway.
     *
     * @param form of the node's value, over the node's operands
     */
    private void through(Node form, Node node, Node gradient, Flow flow) {
        Set<Node> operands = identitySet(node.inputs());
        Map<Node, Node> found = backward(form, gradient, operands, operands, (value, gradients) -> value);
        for (int i = 0; i < node.inputs().size(); i++) {
            // A value that is read twice passes its whole gradient on at once.
            if (operands.remove(node.input(i)) && found.containsKey(node.input(i))) {
                Node part = found.get(node.input(i));
                flow.to(i, () -> part);
            }
        }
    }

    /** Returns the float values that depend on a target. Only they have a gradient that is needed. */
    private static Set<Node> dependent(List<Node> order, Set<Node> targets, Set<Node> leaves) {
        Set<Node> dependent = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : order) {
            boolean follows = !leaves.contains(node) && node.inputs().stream().anyMatch(dependent::contains);
            if (node.type().dtype().isFloat() && (follows || targets.contains(node))) {
                dependent.add(node);
            }
        }
        return dependent;
    }

    /**
     * Returns the nodes that the root depends on, operands before users. The stack is explicit, as models may be deep.
     */
    private static List<Node> order(Node root, Set<Node> leaves) {
        List<Node> order = new ArrayList<>();
        Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Node> stack = new ArrayDeque<>(List.of(root));
        while (!stack.isEmpty()) {
            Node node = stack.peek();
            boolean ready = true;
            if (!done.contains(node) && !leaves.contains(node)) {
                for (Node input : node.inputs().reversed()) {
                    if (!done.contains(input)) {
                        stack.push(input);
                        ready = false;
                    }
                }
            }
            if (ready) {
                stack.pop();
                if (done.add(node)) {
                    order.add(node);
                }
            }
        }
        return order;
    }
}

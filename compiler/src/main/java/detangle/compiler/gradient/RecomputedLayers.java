package detangle.compiler.gradient;

import detangle.ir.Builder;
import detangle.ir.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * The values of a model's layers as the backward pass reads them: each layer is computed again from the values below it
 * that it reads (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost). So only these values are kept from
 * the forward pass to the backward pass.
 *
 * <pre>
 * %x1 = layer0 %x0, %w0                  %x1  = layer0 %x0, %w0
 * %x2 = layer1 %x1, %w1                  %x2  = layer1 %x1, %w1
 * ...                                    ...
 * %g1 = (gradient of layer1, %x1)        %g1  = (gradient of layer1, %x1)
 * %g0 = (gradient of layer0, %x0)   =>   %x0' = after %x0, %g1
 *                                        %g0  = (gradient of layer0, %x0')
 * </pre>
 *
 * <p>{@code after} holds a layer back until the gradients of the layers above it are there, and keeps its values apart
 * from those of the forward pass. The last layer and the head are not computed again, as their gradients come first.
 */
final class RecomputedLayers {
    private final Builder b;
    private final LayerAnalysis analysis;
    private final Map<Integer, List<Node>> nodesOf = new HashMap<>();
    private final int last;

    /** The values of the layers that the backward pass has come to. */
    private final Map<Node, Node> copies = new IdentityHashMap<>();

    /**
     * Prepares a model without computing anything again.
     *
     * @param order the values of the forward pass, operands before users
     * @param layers the number, from 0, of the layer that a parameter or a named constant belongs to; empty if it
     *     belongs to none
     */
    RecomputedLayers(Builder b, List<Node> order, Function<String, OptionalInt> layers) {
        this.b = b;
        this.analysis = new LayerAnalysis(order, layers);
        order.forEach(node -> nodesOf.computeIfAbsent(analysis.layer(node), layer -> new ArrayList<>())
                .add(node));
        this.last = nodesOf.keySet().stream().mapToInt(layer -> layer).max().orElse(LayerAnalysis.NONE);
    }

    /**
     * Returns the node whose value the backward pass reads instead of a node of the forward pass.
     *
     * @param gradients the gradients that the backward pass has found by now and is still to pass on, by the node
     */
    Node inBackward(Node node, SequencedMap<Node, Node> gradients) {
        int layer = analysis.layer(node);
        if (layer == LayerAnalysis.NONE || layer == last) {
            return node;
        }
        if (!copies.containsKey(node)) {
            copy(layer, ofComputed(gradients));
        }
        return copies.get(node);
    }

    /** Returns the gradients of all values that are not weights or inputs. */
    private static List<Node> ofComputed(SequencedMap<Node, Node> gradients) {
        return gradients.entrySet().stream()
                .filter(entry -> !entry.getKey().inputs().isEmpty())
                .map(Map.Entry::getValue)
                .distinct()
                .toList();
    }

    /** Makes copies of all values of a layer. A copy that nothing reads is not part of the program. */
    private void copy(int layer, List<Node> gradients) {
        Map<Node, Node> below = new IdentityHashMap<>();
        for (Node node : nodesOf.get(layer)) {
            List<Node> operands = new ArrayList<>();
            for (Node input : node.inputs()) {
                operands.add(
                        analysis.layer(input) == layer
                                ? copies.get(input)
                                : below.computeIfAbsent(
                                        input, x -> analysis.isActivation(x) ? b.after(x, gradients) : x));
            }
            copies.put(node, operands.equals(node.inputs()) ? node : node.withInputs(operands));
        }
    }
}

package detangle.compiler.gradient;

import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds the layer that each value of a model belongs to. A value belongs to the highest layer on whose weights it
 * depends. A value that is computed without weights, from values that a higher layer reads anyway, belongs to the layer
 * that reads it: a layer's input after dropout is such a value. A value that passes no gradient on belongs to no layer,
 * as no backward pass comes to what it follows from: so a second pass through the layers may begin with it.
 */
final class LayerAnalysis {
    /** The number that values below all layers have instead of a layer. */
    static final int NONE = -1;

    private final Function<String, OptionalInt> layers;
    private final Map<Node, Integer> layerOf = new IdentityHashMap<>();

    /** The values that depend on weights, and weights themselves. */
    private final Set<Node> weighted = identitySet();

    /** The values that may change from run to run. */
    private final Set<Node> changing = identitySet();

    /**
     * Analyses a model.
     *
     * @param order the values, operands before users
     * @param layers the number, from 0, of the layer that a parameter or a named constant belongs to; empty if it
     *     belongs to none
     */
    LayerAnalysis(List<Node> order, Function<String, OptionalInt> layers) {
        this.layers = layers;
        for (Node node : order) {
            layerOf.put(node, highest(node));
        }
        lift(order);
    }

    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** Returns the layer that a value belongs to. */
    int layer(Node node) {
        return layerOf.get(node);
    }

    /**
     * Returns whether each run computes a value from weights. Other values take no memory between the passes or little
     * time: weights and values of constants are there anyway, and values of inputs alone, such as masks and random
     * numbers, are cheap.
     */
    boolean isActivation(Node node) {
        return !node.inputs().isEmpty() && weighted.contains(node) && changing.contains(node);
    }

    /** Returns the highest layer on whose weights a value depends. */
    private int highest(Node node) {
        if (node.inputs().stream().anyMatch(weighted::contains) || isWeight(node)) {
            weighted.add(node);
        }
        if (node.inputs().stream().anyMatch(changing::contains)
                || node.op() instanceof TensorOp.Input
                || node.op() instanceof TensorOp.Param) {
            changing.add(node);
        }
        return switch (node.op()) {
            case TensorOp.Param(String name, TensorType type) ->
                layers.apply(name).orElse(NONE);
            case TensorOp.Constant(Literal.Named(String name), TensorType type) ->
                layers.apply(name).orElse(NONE);
            case TensorOp.StopGradient s -> NONE;
            default -> node.inputs().stream().mapToInt(layerOf::get).max().orElse(NONE);
        };
    }

    private static boolean isWeight(Node node) {
        return node.op() instanceof TensorOp.Param
                || node.op() instanceof TensorOp.Constant(Literal.Named name, TensorType type);
    }

    /** Moves values that cost no memory where they are computed again to the lowest layer that reads them. */
    private void lift(List<Node> order) {
        Set<Node> readAbove = identitySet();
        for (Node node : order) {
            node.inputs().stream().filter(input -> layer(input) < layer(node)).forEach(readAbove::add);
        }
        Set<Node> free = identitySet();
        for (Node node : order) {
            List<Node> operands =
                    node.inputs().stream().filter(weighted::contains).toList();
            if (!operands.isEmpty()
                    && operands.stream()
                            .allMatch(x -> isActivation(x) && (readAbove.contains(x) || free.contains(x)))) {
                free.add(node);
            }
        }
        Map<Node, Integer> lowestReader = new IdentityHashMap<>();
        for (Node node : order.reversed()) {
            if (free.contains(node)) {
                layerOf.put(node, lowestReader.getOrDefault(node, layer(node)));
            }
            node.inputs().forEach(input -> lowestReader.merge(input, layer(node), Math::min));
        }
    }
}

package detangle.backend.vector;

import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The linear layers on tiles whose only reader is a layer norm that adds a residual to them: the layer adds it to each
 * panel of its result while that is in the cache.
 */
final class TileResiduals {
    private final Map<Node, Node> residuals = new IdentityHashMap<>();

    /**
     * @param operations the results of each operation, in the order in which a run computes them
     * @param constants which say whether matrices are multiplied on tiles
     */
    TileResiduals(Program program, List<List<Node>> operations, Selection selection, Constants constants) {
        if (!constants.multipliesOnTiles()) {
            return;
        }
        Map<Node, Integer> places = new IdentityHashMap<>();
        Map<Node, Integer> readers = new IdentityHashMap<>();
        for (List<Node> results : operations) {
            results.forEach(node -> places.put(node, places.size()));
        }
        program.nodes().forEach(node -> node.inputs().forEach(input -> readers.merge(input, 1, Integer::sum)));
        program.roots().forEach(node -> readers.merge(node, 1, Integer::sum));
        for (List<Node> results : operations) {
            Node norm = results.getFirst();
            if (norm.op() instanceof KernelOp.LayerNorm(double epsilon, boolean hasResidual)
                    && hasResidual
                    && norm.input(0).op() instanceof KernelOp.Linear
                    && selection.sources().steps().contains(norm.input(0))
                    && readers.get(norm.input(0)) == 1
                    && isBefore(norm.input(1), norm.input(0), places)
                    && selection.reads(norm.input(0), 1) == Kernel.Reads.PACKED
                    && constants.isOnTiles(norm.input(0).input(1))) {
                residuals.put(norm.input(0), norm.input(1));
            }
        }
    }

    /** Returns whether a value is there before another is computed; inputs and constants always are. */
    private static boolean isBefore(Node first, Node second, Map<Node, Integer> places) {
        return places.getOrDefault(first, -1) < places.get(second);
    }

    /** Returns what a linear layer adds to its result, if it adds something. */
    Optional<Node> of(Node linear) {
        return Optional.ofNullable(residuals.get(linear));
    }
}

package detangle.bench;

import detangle.ir.AttentionDropout;
import detangle.ir.Dependence;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.List;
import java.util.Map;

/**
 * The work that an operation cannot do without, at given sizes: a bound for any way of doing it.
 *
 * @param flops multiplications and additions of its products; elementwise work is not counted, as is the custom
 * @param bytes read and written once, each operand and the result, in their own types
 */
record Cost(double flops, double bytes) {
    private static final Cost NONE = new Cost(0, 0);

    /**
     * The number of products that attention consists of.
     *
     * @param withKeys the products of a row for each query with a row for each key
     * @param withPositions the products of a row for each query, or for each key, with each row of one table of
     *     positions
     */
    private record Products(int withKeys, int withPositions) {}

    /** The products of attention: scores, and probabilities times values. */
    private static final Products FORWARD = new Products(2, 1);

    /**
     * The products of attention's gradients: scores again, dout with the values, and one for each of dq, dk and dv. For
     * each table: terms again, and one for the gradient of either side.
     */
    private static final Products BACKWARD = new Products(5, 3);

    Cost plus(Cost other) {
        return new Cost(flops + other.flops, bytes + other.bytes);
    }

    /**
     * Returns the cost of all that the outputs of a model need at each run. What depends on parameters alone is left
     * out: it is computed once, as parameters do not change.
     */
    static Cost of(Program program, Map<String, Long> sizes) {
        Map<Node, Dependence> dependence = program.dependence();
        return program.operations().stream()
                .filter(results -> dependence.get(results.getFirst()) == Dependence.INPUT)
                .map(results -> of(results, sizes))
                .reduce(NONE, Cost::plus);
    }

    /** @param results of one operation, which reads its operands once for all of them */
    static Cost of(List<Node> results, Map<String, Long> sizes) {
        Cost cost = of(results.getFirst(), sizes);
        for (Node other : results.subList(1, results.size())) {
            cost = cost.plus(new Cost(0, bytes(other.type(), sizes)));
        }
        return cost;
    }

    private static Cost of(Node node, Map<String, Long> sizes) {
        return switch (node.op()) {
            case TensorOp op -> of(op, node, sizes);
            case KernelOp op -> new Cost(flops(op, node, sizes), bytes(op, node, sizes));
        };
    }

    private static Cost of(TensorOp op, Node node, Map<String, Long> sizes) {
        double results = elements(node.type(), sizes);
        Cost moved = new Cost(0, all(node, sizes));
        return switch (op) {
            case TensorOp.Dot(var transposeLhs, var transposeRhs) ->
                moved.plus(new Cost(2 * results * size(node.input(0), transposeLhs ? -2 : -1, sizes), 0));
            case TensorOp.Conv1d o ->
                moved.plus(new Cost(2 * results * size(node.input(1), 1, sizes) * size(node.input(1), 2, sizes), 0));
            case TensorOp.Gather o ->
                new Cost(0, 2 * bytes(node.type(), sizes) + bytes(node.input(1).type(), sizes));
            case TensorOp.Input o -> NONE;
            case TensorOp.Param o -> NONE;
            case TensorOp.Constant o -> NONE;
            case TensorOp.Reshape o -> NONE;
            case TensorOp.StopGradient o -> NONE;
            case TensorOp.After o -> NONE;
            case TensorOp.Transfer o -> moved;
            case TensorOp.Iota o -> moved;
            case TensorOp.Unary o -> moved;
            case TensorOp.Binary o -> moved;
            case TensorOp.Compare o -> moved;
            case TensorOp.Select o -> moved;
            case TensorOp.Convert o -> moved;
            case TensorOp.Reduce o -> moved;
            case TensorOp.Transpose o -> moved;
            case TensorOp.Broadcast o -> moved;
            case TensorOp.Slice o -> moved;
            case TensorOp.Concat o -> moved;
            case TensorOp.Pad o -> moved;
            case TensorOp.ScatterAdd o -> moved;
            case TensorOp.GatherLast o -> moved;
            case TensorOp.ScatterAddLast o -> moved;
            case TensorOp.Toeplitz o -> moved;
            case TensorOp.RandomUniform o -> moved;
        };
    }

    private static double flops(KernelOp op, Node node, Map<String, Long> sizes) {
        double results = elements(node.type(), sizes);
        return switch (op) {
            case KernelOp.Linear l -> 2 * results * size(node.input(1), 1, sizes);
            case KernelOp.DisentangledAttention a -> attention(node, 1, 4, seeds(a.dropout()), FORWARD, sizes);
            // As if all keys were of one sequence: how they are cut into several, sizes do not say.
            case KernelOp.PackedAttention a -> attention(node, 0, 7, seeds(a.dropout()), FORWARD, sizes);
            case KernelOp.DisentangledAttentionGrad a ->
                attention(node, 1, 4, 1 + seeds(a.attention().dropout()), BACKWARD, sizes);
            case KernelOp.PackedAttentionGrad a ->
                attention(node, 0, 7, 1 + seeds(a.attention().dropout()), BACKWARD, sizes);
            case KernelOp.Elementwise e -> 0;
            case KernelOp.LayerNorm n -> 0;
            case KernelOp.LayerNormGrad g -> 0;
            case KernelOp.Embedding e -> 0;
            case KernelOp.MaskedSoftmax s -> 0;
            case KernelOp.SumOfSquares s -> 0;
        };
    }

    private static int seeds(AttentionDropout dropout) {
        return dropout.isPresent() ? 1 : 0;
    }

    /**
     * @param keyAxis the axis of k that its rows stand along
     * @param firstTable the first operand that may be a table of positions; the table of their rows is the last of them
     * @param behind the number of operands behind these tables
     */
    private static double attention(
            Node node, int keyAxis, int firstTable, int behind, Products count, Map<String, Long> sizes) {
        List<Node> positions = node.inputs().subList(firstTable, node.inputs().size() - behind);
        double queries = elements(node.input(0).type(), sizes);
        double products = 2 * count.withKeys() * queries * size(node.input(1), keyAxis, sizes);
        for (Node table : positions.subList(0, Math.max(0, positions.size() - 1))) {
            // A sequence meets no more distances than the table of rows has places.
            double distances = Math.max(0, size(positions.getLast(), 0, sizes));
            products += 2 * count.withPositions() * queries * Math.min(size(table, 1, sizes), distances);
        }
        return products;
    }

    private static double bytes(KernelOp op, Node node, Map<String, Long> sizes) {
        // A look-up reads as many rows as it writes, not the table.
        return op instanceof KernelOp.Embedding
                ? all(node, sizes)
                        - bytes(node.input(1).type(), sizes)
                        + elements(node.type(), sizes)
                                * node.input(1).type().dtype().bytes()
                : all(node, sizes);
    }

    private static double all(Node node, Map<String, Long> sizes) {
        return bytes(node.type(), sizes)
                + node.inputs().stream()
                        .mapToDouble(i -> bytes(i.type(), sizes))
                        .sum();
    }

    private static double bytes(TensorType type, Map<String, Long> sizes) {
        return elements(type, sizes) * type.dtype().bytes();
    }

    private static double elements(TensorType type, Map<String, Long> sizes) {
        return Tensor.elements(type.shape().evaluate(sizes));
    }

    private static double size(Node node, int axis, Map<String, Long> sizes) {
        return node.type().dim(axis).evaluate(sizes);
    }
}

package detangle.bench;

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

    Cost plus(Cost other) {
        return new Cost(flops + other.flops, bytes + other.bytes);
    }

    /** Of all that the outputs of a model need at each run; what depends on parameters alone is computed once, as they stay. */
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
            case TensorOp op -> new Cost(flops(op, node, sizes), bytes(op, node, sizes));
            case KernelOp op -> new Cost(flops(op, node, sizes), bytes(op, node, sizes));
        };
    }

    private static double flops(TensorOp op, Node node, Map<String, Long> sizes) {
        double results = elements(node.type(), sizes);
        return switch (op) {
            case TensorOp.Dot(var transposeLhs, var transposeRhs) ->
                2 * results * size(node.input(0), transposeLhs ? -2 : -1, sizes);
            case TensorOp.Conv1d c -> 2 * results * size(node.input(1), 1, sizes) * size(node.input(1), 2, sizes);
            case TensorOp.Input o -> 0;
            case TensorOp.Param o -> 0;
            case TensorOp.Constant o -> 0;
            case TensorOp.Iota o -> 0;
            case TensorOp.Unary o -> 0;
            case TensorOp.Binary o -> 0;
            case TensorOp.Compare o -> 0;
            case TensorOp.Select o -> 0;
            case TensorOp.Convert o -> 0;
            case TensorOp.Reduce o -> 0;
            case TensorOp.Reshape o -> 0;
            case TensorOp.Transpose o -> 0;
            case TensorOp.Broadcast o -> 0;
            case TensorOp.Slice o -> 0;
            case TensorOp.Concat o -> 0;
            case TensorOp.Pad o -> 0;
            case TensorOp.Gather o -> 0;
            case TensorOp.ScatterAdd o -> 0;
            case TensorOp.GatherLast o -> 0;
            case TensorOp.ScatterAddLast o -> 0;
            case TensorOp.Toeplitz o -> 0;
            case TensorOp.StopGradient o -> 0;
            case TensorOp.Transfer o -> 0;
            case TensorOp.RandomUniform o -> 0;
        };
    }

    private static double flops(KernelOp op, Node node, Map<String, Long> sizes) {
        double results = elements(node.type(), sizes);
        return switch (op) {
            case KernelOp.Linear l -> 2 * results * size(node.input(1), 1, sizes);
            case KernelOp.DisentangledAttention(var scale, var c2p, var p2c) ->
                attention(
                        node,
                        size(node.input(1), 1, sizes),
                        node.inputs().subList(4, node.inputs().size()),
                        sizes);
            // As if all keys were of one sequence: how they are cut into several, sizes do not say.
            case KernelOp.PackedAttention(var scale, var c2p, var p2c, var length) ->
                attention(
                        node,
                        size(node.input(1), 0, sizes),
                        node.inputs().subList(7, node.inputs().size()),
                        sizes);
            case KernelOp.Elementwise e -> 0;
            case KernelOp.LayerNorm n -> 0;
            case KernelOp.LayerNormGrad g -> 0;
            case KernelOp.Embedding e -> 0;
            case KernelOp.MaskedSoftmax s -> 0;
        };
    }

    /** @param positions the tables of positions, and the one of their rows */
    private static double attention(Node node, double keys, List<Node> positions, Map<String, Long> sizes) {
        double results = elements(node.type(), sizes);
        double products = 4 * results * keys;
        for (Node table : positions.subList(0, Math.max(0, positions.size() - 1))) {
            // A sequence meets no more distances than the table of rows has places.
            double distances = Math.max(0, size(positions.getLast(), 0, sizes));
            products += 2 * results * Math.min(size(table, 1, sizes), distances);
        }
        return products;
    }

    private static double bytes(TensorOp op, Node node, Map<String, Long> sizes) {
        return switch (op) {
            case TensorOp.Input o -> 0;
            case TensorOp.Param o -> 0;
            case TensorOp.Constant o -> 0;
            case TensorOp.Reshape o -> 0;
            case TensorOp.StopGradient o -> 0;
            case TensorOp.Transfer o -> all(node, sizes);
            case TensorOp.Gather o ->
                2 * bytes(node.type(), sizes) + bytes(node.input(1).type(), sizes);
            case TensorOp.Iota o -> all(node, sizes);
            case TensorOp.Unary o -> all(node, sizes);
            case TensorOp.Binary o -> all(node, sizes);
            case TensorOp.Compare o -> all(node, sizes);
            case TensorOp.Select o -> all(node, sizes);
            case TensorOp.Convert o -> all(node, sizes);
            case TensorOp.Reduce o -> all(node, sizes);
            case TensorOp.Dot o -> all(node, sizes);
            case TensorOp.Transpose o -> all(node, sizes);
            case TensorOp.Broadcast o -> all(node, sizes);
            case TensorOp.Slice o -> all(node, sizes);
            case TensorOp.Concat o -> all(node, sizes);
            case TensorOp.Pad o -> all(node, sizes);
            case TensorOp.ScatterAdd o -> all(node, sizes);
            case TensorOp.GatherLast o -> all(node, sizes);
            case TensorOp.ScatterAddLast o -> all(node, sizes);
            case TensorOp.Toeplitz o -> all(node, sizes);
            case TensorOp.Conv1d o -> all(node, sizes);
            case TensorOp.RandomUniform o -> all(node, sizes);
        };
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

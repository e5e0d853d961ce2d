package detangle.ir;

import detangle.ir.rewrite.Rewriter;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Writes each kernel-level operation in tensor-level primitives. This is its definition in the interpreter, the
 * source of its gradient, and the fallback of a backend without the kernel. An operation with {@linkplain
 * SeveralResults several results} becomes several nodes, which share what they have in common.
 */
public final class Decomposition {
    private final Builder b = new Builder();
    private final Idioms idioms = new Idioms(b);
    private final AttentionDecomposition attention = new AttentionDecomposition(b);

    /** The results of operations that have several, each of which is asked for by itself. */
    private final Map<Operations.Key, Map<? extends Enum<?>, Node>> several = new HashMap<>();

    private Decomposition() {}

    /** Returns the program with every kernel-level operation written in primitives. */
    public static Program decompose(Program program) {
        return decompose(program, op -> true);
    }

    /** Returns the program with some of its kernel-level operations written in primitives. */
    public static Program decompose(Program program, Predicate<KernelOp> which) {
        Decomposition d = new Decomposition();
        return Rewriter.rewrite(
                program,
                List.of((node, uses) -> node.op() instanceof KernelOp op && which.test(op)
                        ? Optional.of(d.inPrimitives(op, node.inputs()))
                        : Optional.empty()));
    }

    /** Returns the value of one kernel-level operation, written in primitives over its operands. */
    public static Node of(KernelOp op, List<Node> operands) {
        return new Decomposition().inPrimitives(op, operands);
    }

    /** A kernel over floats of 16 bits computes in f32, and rounds its result alone. */
    private Node inPrimitives(KernelOp kernel, List<Node> in) {
        DType dtype = in.isEmpty() ? DType.F32 : in.getFirst().type().dtype();
        if (!isNarrow(dtype) || kernel instanceof KernelOp.Elementwise) {
            return ofWide(kernel, in);
        }
        List<Node> wide = in.stream()
                .map(x -> isNarrow(x.type().dtype()) ? b.convert(x, DType.F32) : x)
                .toList();
        return b.convert(ofWide(kernel, wide), dtype);
    }

    private static boolean isNarrow(DType dtype) {
        return dtype == DType.F16 || dtype == DType.BF16;
    }

    private Node ofWide(KernelOp kernel, List<Node> in) {
        return switch (kernel) {
            case KernelOp.Elementwise(Region region) -> elementwise(region, in);
            case KernelOp.Linear linear -> linear(linear, in);
            case KernelOp.LayerNorm norm -> layerNorm(norm, in);
            case KernelOp.LayerNormGrad gradient ->
                several.computeIfAbsent(Operations.Key.of(gradient, in), key -> layerNormGrad(gradient, in))
                        .get(gradient.result());
            case KernelOp.Embedding embedding -> embedding(embedding, in);
            case KernelOp.MaskedSoftmax() -> idioms.maskedSoftmax(in.get(0), in.get(1));
            case KernelOp.SumOfSquares() -> idioms.sumOfSquares(in.get(0));
            case KernelOp.DisentangledAttention op -> attention.padded(op, in);
            case KernelOp.PackedAttention op -> attention.packed(op, in);
            case KernelOp.DisentangledAttentionGrad op ->
                several.computeIfAbsent(Operations.Key.of(op, in), key -> attention.gradients(op.attention(), in))
                        .get(op.result());
            case KernelOp.PackedAttentionGrad op ->
                several.computeIfAbsent(Operations.Key.of(op, in), key -> attention.gradients(op.attention(), in))
                        .get(op.result());
        };
    }

    private Node elementwise(Region region, List<Node> in) {
        Shape shape = Shape.SCALAR;
        for (Node node : in) {
            shape = Shape.broadcast(shape, node.shape()).orElseThrow();
        }
        Node value = scalar(region.body(), in, shape, new HashMap<>());
        // An operand that the expression does not read still takes part in the shape.
        return value.shape().equals(shape) ? value : b.broadcast(value, shape);
    }

    private Node scalar(ScalarExpr expr, List<Node> in, Shape shape, Map<ScalarExpr, Node> done) {
        Node node = done.get(expr);
        if (node == null) {
            node = switch (expr) {
                case ScalarExpr.Arg(int index, DType dtype) -> in.get(index);
                case ScalarExpr.Const(double value, DType dtype) -> b.constant(dtype, value);
                case ScalarExpr.Unary(var f, var x) -> b.unary(f, scalar(x, in, shape, done));
                case ScalarExpr.Binary(var f, var x, var y) ->
                    b.binary(f, scalar(x, in, shape, done), scalar(y, in, shape, done));
                case ScalarExpr.Compare(var c, var x, var y) ->
                    b.compare(c, scalar(x, in, shape, done), scalar(y, in, shape, done));
                case ScalarExpr.Select(var c, var x, var y) ->
                    b.select(scalar(c, in, shape, done), scalar(x, in, shape, done), scalar(y, in, shape, done));
                case ScalarExpr.Convert(var x, DType to) -> b.convert(scalar(x, in, shape, done), to);
                case ScalarExpr.Random(var seed, long stream) ->
                    b.op(
                            new TensorOp.RandomUniform(new TensorType(DType.F32, shape), stream),
                            scalar(seed, in, shape, done));
            };
            done.put(expr, node);
        }
        return node;
    }

    private Node linear(KernelOp.Linear op, List<Node> in) {
        Node x = in.get(0);
        DType dtype = x.type().dtype();
        Node weight = b.convert(in.get(1), dtype);
        // A vector is a matrix of one row to the dot product.
        Node rows = x.type().rank() > 1 ? x : b.reshape(x, Dim.of(1), x.type().dim(0));
        Node product = b.dotTransposed(rows, weight);
        if (x.type().rank() == 1) {
            product = b.reshape(product, weight.type().dim(0));
        }
        Node sum = op.bias() ? b.add(product, b.convert(in.get(2), dtype)) : product;
        return idioms.activation(op.activation(), sum);
    }

    private Node layerNorm(KernelOp.LayerNorm op, List<Node> in) {
        Node x = op.residual() ? b.add(in.get(0), in.get(1)) : in.get(0);
        return idioms.layerNorm(x, in.get(in.size() - 2), in.getLast(), op.epsilon());
    }

    private Map<KernelOp.LayerNormGrad.Result, Node> layerNormGrad(KernelOp.LayerNormGrad op, List<Node> in) {
        Node x = op.residual() ? b.add(in.get(0), in.get(1)) : in.get(0);
        Node dy = in.getLast();
        DType dtype = x.type().dtype();
        Idioms.Normal rows = idioms.normal(x, b.constant(dtype, op.epsilon()));
        Node normal = b.mul(rows.centred(), rows.scale());
        Node scaled = b.mul(dy, b.convert(in.get(in.size() - 2), dtype));
        Node along = b.mul(normal, idioms.mean(b.mul(scaled, normal), -1));
        Node dx = b.mul(b.sub(b.sub(scaled, idioms.mean(scaled, -1)), along), rows.scale());
        return Map.of(
                KernelOp.LayerNormGrad.Result.DX,
                dx,
                KernelOp.LayerNormGrad.Result.DGAMMA,
                sumOfRows(b.mul(dy, normal)),
                KernelOp.LayerNormGrad.Result.DBETA,
                sumOfRows(dy));
    }

    /** Returns the sum over all axes but the last. */
    private Node sumOfRows(Node x) {
        Node sum = x;
        for (int axis = 0; axis < x.type().rank() - 1; axis++) {
            sum = b.reduce(ReduceFunction.SUM, sum, axis);
        }
        return b.reshape(sum, x.type().dim(-1));
    }

    private Node embedding(KernelOp.Embedding op, List<Node> in) {
        Node rows = b.convert(b.gather(in.get(1), in.get(0)), DType.F32);
        Node normalised = idioms.layerNorm(rows, in.get(2), in.get(3), op.epsilon());
        return op.masked() ? b.select(in.get(4), normalised, b.constant(DType.F32, 0)) : normalised;
    }
}

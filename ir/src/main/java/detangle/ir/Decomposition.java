package detangle.ir;

import detangle.ir.rewrite.Rewriter;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What each kernel-level operation means in tensor-level primitives. This is its definition in the interpreter, the
 * source of its gradient, and the fallback of a backend without the kernel. An operation with {@linkplain SeveralResults several
 * results} becomes several nodes, which share what they have in common.
 */
public final class Decomposition {
    private final Builder b = new Builder();

    /** The results of operations that have several, each of which is asked for by itself. */
    private final Map<Operations.Key, List<Node>> several = new HashMap<>();

    private Decomposition() {}

    /** The program with every kernel-level operation written in primitives. */
    public static Program decompose(Program program) {
        return decompose(program, op -> true);
    }

    /** The program with some of its kernel-level operations written in primitives. */
    public static Program decompose(Program program, Predicate<KernelOp> which) {
        Decomposition d = new Decomposition();
        return Rewriter.rewrite(
                program,
                List.of((node, uses) -> node.op() instanceof KernelOp op && which.test(op)
                        ? Optional.of(d.inPrimitives(op, node.inputs()))
                        : Optional.empty()));
    }

    private Node inPrimitives(KernelOp op, List<Node> in) {
        return switch (op) {
            case KernelOp.Elementwise(Region region) -> elementwise(region, in);
            case KernelOp.Linear linear -> linear(linear, in);
            case KernelOp.LayerNorm norm -> layerNorm(norm, in);
            case KernelOp.LayerNormGrad gradient ->
                several.computeIfAbsent(Operations.Key.of(gradient, in), key -> layerNormGrad(gradient, in))
                        .get(gradient.result().ordinal());
            case KernelOp.Embedding embedding -> embedding(embedding, in);
            case KernelOp.MaskedSoftmax() -> maskedSoftmax(in.get(0), in.get(1));
            case KernelOp.DisentangledAttention attention -> attention(attention, in);
            case KernelOp.PackedAttention attention -> packedAttention(attention, in);
        };
    }

    private Node elementwise(Region region, List<Node> in) {
        Node value = scalar(region.body(), in, new HashMap<>());
        Shape shape = Shape.SCALAR;
        for (Node node : in) {
            shape = Shape.broadcast(shape, node.shape()).orElseThrow();
        }
        // An operand that the expression does not read still takes part in the shape.
        return value.shape().equals(shape) ? value : b.broadcast(value, shape);
    }

    private Node scalar(ScalarExpr expr, List<Node> in, Map<ScalarExpr, Node> done) {
        Node node = done.get(expr);
        if (node == null) {
            node = switch (expr) {
                case ScalarExpr.Arg(int index, DType dtype) -> in.get(index);
                case ScalarExpr.Const(double value, DType dtype) -> b.constant(dtype, value);
                case ScalarExpr.Unary(var f, var x) -> b.unary(f, scalar(x, in, done));
                case ScalarExpr.Binary(var f, var x, var y) -> b.binary(f, scalar(x, in, done), scalar(y, in, done));
                case ScalarExpr.Compare(var c, var x, var y) -> b.compare(c, scalar(x, in, done), scalar(y, in, done));
                case ScalarExpr.Select(var c, var x, var y) ->
                    b.select(scalar(c, in, done), scalar(x, in, done), scalar(y, in, done));
                case ScalarExpr.Convert(var x, DType to) -> b.convert(scalar(x, in, done), to);
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
        return activation(op.activation(), sum);
    }

    private Node activation(Activation activation, Node x) {
        DType dtype = x.type().dtype();
        return switch (activation) {
            case NONE -> x;
            case GELU -> {
                Node erf = b.unary(UnaryFunction.ERF, b.mul(x, b.constant(dtype, Math.sqrt(0.5))));
                yield b.mul(b.mul(x, b.constant(dtype, 0.5)), b.add(erf, b.constant(dtype, 1)));
            }
            case TANH -> b.unary(UnaryFunction.TANH, x);
            case RELU -> b.max(x, b.constant(dtype, 0));
        };
    }

    private Node layerNorm(KernelOp.LayerNorm op, List<Node> in) {
        Node x = op.residual() ? b.add(in.get(0), in.get(1)) : in.get(0);
        return normalise(x, in.get(in.size() - 2), in.get(in.size() - 1), op.epsilon());
    }

    private List<Node> layerNormGrad(KernelOp.LayerNormGrad op, List<Node> in) {
        Node x = op.residual() ? b.add(in.get(0), in.get(1)) : in.get(0);
        Node dy = in.getLast();
        DType dtype = x.type().dtype();
        Node centred = b.sub(x, mean(x));
        Node variance = mean(b.mul(centred, centred));
        Node scale = b.unary(UnaryFunction.RSQRT, b.add(variance, b.constant(dtype, op.epsilon())));
        Node normal = b.mul(centred, scale);
        Node scaled = b.mul(dy, b.convert(in.get(in.size() - 2), dtype));
        Node along = b.mul(normal, mean(b.mul(scaled, normal)));
        Node dx = b.mul(b.sub(b.sub(scaled, mean(scaled)), along), scale);
        return List.of(dx, sumOfRows(b.mul(dy, normal)), sumOfRows(dy));
    }

    /** The mean over the last axis, which stays with extent 1. */
    private Node mean(Node x) {
        Node ones =
                b.broadcast(b.constant(x.type().dtype(), 1), Shape.of(x.type().dim(-1)));
        return b.div(b.reduce(ReduceFunction.SUM, x, -1), b.reduce(ReduceFunction.SUM, ones, 0));
    }

    /** The sum over all axes but the last. */
    private Node sumOfRows(Node x) {
        Node sum = x;
        for (int axis = 0; axis < x.type().rank() - 1; axis++) {
            sum = b.reduce(ReduceFunction.SUM, sum, axis);
        }
        return b.reshape(sum, x.type().dim(-1));
    }

    private Node normalise(Node x, Node gamma, Node beta, double epsilon) {
        DType dtype = x.type().dtype();
        Node centred = b.sub(x, mean(x));
        Node variance = mean(b.mul(centred, centred));
        Node scale = b.unary(UnaryFunction.RSQRT, b.add(variance, b.constant(dtype, epsilon)));
        return b.add(b.mul(b.mul(centred, scale), b.convert(gamma, dtype)), b.convert(beta, dtype));
    }

    private Node embedding(KernelOp.Embedding op, List<Node> in) {
        Node rows = b.convert(b.gather(in.get(1), in.get(0)), DType.F32);
        Node normalised = normalise(rows, in.get(2), in.get(3), op.epsilon());
        return op.masked() ? b.select(in.get(4), normalised, b.constant(DType.F32, 0)) : normalised;
    }

    private Node maskedSoftmax(Node x, Node mask) {
        DType dtype = x.type().dtype();
        Node masked = b.select(mask, x, b.constant(dtype, Double.NEGATIVE_INFINITY));
        Node e = b.unary(UnaryFunction.EXP, b.sub(masked, b.reduce(ReduceFunction.MAX, masked, -1)));
        Node quotient = b.div(e, b.reduce(ReduceFunction.SUM, e, -1));
        return b.select(mask, quotient, b.constant(dtype, 0));
    }

    private Node attention(KernelOp.DisentangledAttention op, List<Node> in) {
        List<Node> heads = new ArrayList<>();
        for (Node x : in.subList(0, 3)) {
            heads.add(b.transpose(x, 0, 2, 1, 3));
        }
        Dim queries = in.get(0).type().dim(1);
        Dim keys = in.get(1).type().dim(1);
        Optional<Node> index = op.c2p() || op.p2c()
                ? Optional.of(b.op(new TensorOp.Toeplitz(queries, keys), in.getLast()))
                : Optional.empty();
        List<Node> tables = in.subList(4, 4 + (op.c2p() ? 1 : 0) + (op.p2c() ? 1 : 0));
        Node context = context(op.scale(), op.c2p(), op.p2c(), heads, tables, index, in.get(3));
        return b.transpose(context, 0, 2, 1, 3);
    }

    private Node packedAttention(KernelOp.PackedAttention op, List<Node> in) {
        List<Node> heads = new ArrayList<>();
        for (Node x : in.subList(0, 3)) {
            heads.add(b.transpose(x, 1, 0, 2));
        }
        Dim queries = in.get(0).type().dim(0);
        Dim keys = in.get(1).type().dim(0);
        Dim one = Dim.of(1);
        Node ofQuery = b.reshape(sequence(queries, in.get(3)), queries, one);
        Node ofKey = b.reshape(sequence(keys, in.get(4)), one, keys);
        Node mask = b.compare(Comparison.EQ, ofQuery, ofKey);
        Optional<Node> index = Optional.empty();
        if (op.c2p() || op.p2c()) {
            Node distance = b.sub(b.reshape(in.get(5), queries, one), b.reshape(in.get(6), one, keys));
            Node centre = b.iota(TensorType.of(DType.I32, one), 0, op.length().plus(-1));
            index = Optional.of(b.gather(in.getLast(), b.add(distance, centre)));
        }
        List<Node> tables = in.subList(7, 7 + (op.c2p() ? 1 : 0) + (op.p2c() ? 1 : 0));
        return b.transpose(context(op.scale(), op.c2p(), op.p2c(), heads, tables, index, mask), 1, 0, 2);
    }

    /** The sequence of each of some rows, {@code i32[rows]}: how many sequences end at or before it. */
    private Node sequence(Dim rows, Node segments) {
        Dim one = Dim.of(1);
        Dim count = segments.type().dim(0).plus(-1);
        Node ends = b.op(new TensorOp.Slice(0, one, count.plus(1)), segments);
        Node row = b.iota(TensorType.of(DType.I32, rows, one), 0);
        Node ended = b.convert(b.compare(Comparison.GE, row, b.reshape(ends, one, count)), DType.I32);
        return b.reshape(b.reduce(ReduceFunction.SUM, ended, 1), rows);
    }

    /**
     * Attention over the last two axes.
     *
     * @param heads q {@code [...,A,Q,d]}, k and v {@code [...,A,S,d]}
     * @param tables of positions, {@code [A,P,d]}
     * @param index of their rows, {@code [Q,S]}, if there are tables
     */
    private Node context(
            double scale,
            boolean c2p,
            boolean p2c,
            List<Node> heads,
            List<Node> tables,
            Optional<Node> index,
            Node mask) {
        Node q = heads.get(0);
        Node k = heads.get(1);
        Node scores = b.dotTransposed(q, k);
        if (c2p) {
            scores = b.add(scores, b.gatherLast(b.dotTransposed(q, tables.getFirst()), index.orElseThrow()));
        }
        if (p2c) {
            Node byKey = b.gatherLast(b.dotTransposed(k, tables.getLast()), b.transpose(index.orElseThrow(), 1, 0));
            int rank = byKey.type().rank();
            scores = b.add(scores, rank == 4 ? b.transpose(byKey, 0, 1, 3, 2) : b.transpose(byKey, 0, 2, 1));
        }
        Node scaled = b.mul(scores, b.constant(q.type().dtype(), scale));
        return b.dot(maskedSoftmax(scaled, mask), heads.get(2));
    }
}

package detangle.ir;

import java.util.Map;
import java.util.function.UnaryOperator;

/** The sizes among the attributes of operations. */
public final class OpDims {
    private OpDims() {}

    /** The operation with the symbols of its attributes replaced by sizes. */
    public static Op bind(Op op, Map<String, Long> bindings) {
        return map(op, dim -> Dim.of(dim.evaluate(bindings)));
    }

    /** The operation with another size in the place of each; a function that returns what it is given sees all of them. */
    public static Op map(Op op, UnaryOperator<Dim> change) {
        return switch (op) {
            case KernelOp k -> map(k, change);
            case TensorOp t -> map(t, change);
        };
    }

    private static Op map(KernelOp op, UnaryOperator<Dim> s) {
        return switch (op) {
            case KernelOp.PackedAttention(var scale, var c2p, var p2c, var length) ->
                new KernelOp.PackedAttention(scale, c2p, p2c, s.apply(length));
            case KernelOp.Elementwise o -> o;
            case KernelOp.Linear o -> o;
            case KernelOp.LayerNorm o -> o;
            case KernelOp.LayerNormGrad o -> o;
            case KernelOp.Embedding o -> o;
            case KernelOp.MaskedSoftmax o -> o;
            case KernelOp.DisentangledAttention o -> o;
        };
    }

    private static Op map(TensorOp op, UnaryOperator<Dim> s) {
        return switch (op) {
            case TensorOp.Input(var name, var type) -> new TensorOp.Input(name, map(type, s));
            case TensorOp.Param(var name, var type) -> new TensorOp.Param(name, map(type, s));
            case TensorOp.Constant(var value, var type) -> new TensorOp.Constant(value, map(type, s));
            case TensorOp.Iota(var type, var axis, var start) -> new TensorOp.Iota(map(type, s), axis, s.apply(start));
            case TensorOp.Reshape(var shape) -> new TensorOp.Reshape(map(shape, s));
            case TensorOp.Broadcast(var shape) -> new TensorOp.Broadcast(map(shape, s));
            case TensorOp.Slice(var axis, var start, var limit) ->
                new TensorOp.Slice(axis, s.apply(start), s.apply(limit));
            case TensorOp.Pad(var axis, var before, var after) ->
                new TensorOp.Pad(axis, s.apply(before), s.apply(after));
            case TensorOp.Toeplitz(var rows, var columns) -> new TensorOp.Toeplitz(s.apply(rows), s.apply(columns));
            case TensorOp.RandomUniform(var type, var stream) -> new TensorOp.RandomUniform(map(type, s), stream);
            case TensorOp.Unary o -> o;
            case TensorOp.Binary o -> o;
            case TensorOp.Compare o -> o;
            case TensorOp.Select o -> o;
            case TensorOp.Convert o -> o;
            case TensorOp.Reduce o -> o;
            case TensorOp.Dot o -> o;
            case TensorOp.Transpose o -> o;
            case TensorOp.Concat o -> o;
            case TensorOp.Gather o -> o;
            case TensorOp.ScatterAdd o -> o;
            case TensorOp.GatherLast o -> o;
            case TensorOp.ScatterAddLast o -> o;
            case TensorOp.Conv1d o -> o;
            case TensorOp.StopGradient o -> o;
            case TensorOp.Transfer o -> o;
        };
    }

    private static Shape map(Shape shape, UnaryOperator<Dim> s) {
        return new Shape(shape.dims().stream().map(s).toList());
    }

    private static TensorType map(TensorType type, UnaryOperator<Dim> s) {
        return type.withShape(map(type.shape(), s));
    }
}

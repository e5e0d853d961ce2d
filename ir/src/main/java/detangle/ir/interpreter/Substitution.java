package detangle.ir.interpreter;

import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Op;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.Map;

/** Operations with the symbols of their attributes replaced by sizes. */
final class Substitution {
    private Substitution() {}

    static Op bind(Op op, Map<String, Long> bindings) {
        return switch (op) {
            case KernelOp k -> bind(k, bindings);
            case TensorOp t -> bind(t, bindings);
        };
    }

    private static Op bind(KernelOp op, Map<String, Long> s) {
        return switch (op) {
            case KernelOp.PackedAttention(var scale, var c2p, var p2c, var length) ->
                new KernelOp.PackedAttention(scale, c2p, p2c, bind(length, s));
            case KernelOp.Elementwise o -> o;
            case KernelOp.Linear o -> o;
            case KernelOp.LayerNorm o -> o;
            case KernelOp.Embedding o -> o;
            case KernelOp.MaskedSoftmax o -> o;
            case KernelOp.DisentangledAttention o -> o;
        };
    }

    private static Op bind(TensorOp op, Map<String, Long> s) {
        return switch (op) {
            case TensorOp.Input(var name, var type) -> new TensorOp.Input(name, bind(type, s));
            case TensorOp.Param(var name, var type) -> new TensorOp.Param(name, bind(type, s));
            case TensorOp.Constant(var value, var type) -> new TensorOp.Constant(value, bind(type, s));
            case TensorOp.Iota(var type, var axis, var start) -> new TensorOp.Iota(bind(type, s), axis, bind(start, s));
            case TensorOp.Reshape(var shape) -> new TensorOp.Reshape(bind(shape, s));
            case TensorOp.Broadcast(var shape) -> new TensorOp.Broadcast(bind(shape, s));
            case TensorOp.Slice(var axis, var start, var limit) ->
                new TensorOp.Slice(axis, bind(start, s), bind(limit, s));
            case TensorOp.Pad(var axis, var before, var after) ->
                new TensorOp.Pad(axis, bind(before, s), bind(after, s));
            case TensorOp.Toeplitz(var rows, var columns) -> new TensorOp.Toeplitz(bind(rows, s), bind(columns, s));
            case TensorOp.RandomUniform(var type, var stream) -> new TensorOp.RandomUniform(bind(type, s), stream);
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

    private static Dim bind(Dim dim, Map<String, Long> sizes) {
        return Dim.of(dim.evaluate(sizes));
    }

    private static Shape bind(Shape shape, Map<String, Long> sizes) {
        return Shape.of(shape.evaluate(sizes));
    }

    private static TensorType bind(TensorType type, Map<String, Long> sizes) {
        return type.withShape(bind(type.shape(), sizes));
    }
}

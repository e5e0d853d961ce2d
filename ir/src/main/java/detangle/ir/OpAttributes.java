package detangle.ir;

import java.util.List;
import java.util.function.Function;

/**
 * The attributes of every operation by name. This one description writes operations as text, reads them back and
 * changes their sizes: each is a {@link Visitor} that is shown the attributes in the order in which they are written.
 */
public final class OpAttributes {
    private OpAttributes() {}

    /** Is shown an attribute and returns what the new operation has in its place: the same value, or another. */
    public interface Visitor {
        boolean flag(String name, boolean value);

        int integer(String name, int value);

        long integer(String name, long value);

        List<Integer> integers(String name, List<Integer> value);

        double number(String name, double value);

        Dim size(String name, Dim value);

        /**
         * Shows an attribute that has one of a few values.
         *
         * @param all the values that the attribute may have
         * @param text how a value is written
         */
        <T> T choice(String name, T value, List<T> all, Function<T, String> text);

        /**
         * Returns the type of the result, where it is an attribute. It has no name because the result's type says it.
         */
        TensorType type(TensorType value);

        /** Returns the shape of the result, where it is an attribute. */
        Shape shape(Shape value);

        /** Returns the element type of the result, where it is an attribute. */
        DType elementType(DType value);
    }

    /** Returns the operation with what the visitor returned for each attribute. */
    public static Op map(Op op, Visitor v) {
        return switch (op) {
            case TensorOp t -> map(t, v);
            case KernelOp k -> map(k, v);
        };
    }

    private static TensorOp map(TensorOp op, Visitor v) {
        return switch (op) {
            // Names, values and functions are not attributes: they stand beside the mnemonic, or are a part of it.
            case TensorOp.Input(var name, var type) -> new TensorOp.Input(name, v.type(type));
            case TensorOp.Param(var name, var type) -> new TensorOp.Param(name, v.type(type));
            case TensorOp.Constant(var value, var type) -> new TensorOp.Constant(value, v.type(type));
            case TensorOp.Iota(var type, var axis, var start) ->
                new TensorOp.Iota(v.type(type), v.integer("axis", axis), v.size("start", start));
            case TensorOp.Unary o -> o;
            case TensorOp.Binary o -> o;
            case TensorOp.Compare o -> o;
            case TensorOp.Select o -> o;
            case TensorOp.Convert(var to) -> new TensorOp.Convert(v.elementType(to));
            case TensorOp.Reduce(var function, var axis) -> new TensorOp.Reduce(function, v.integer("axis", axis));
            case TensorOp.Dot(var transposeLhs, var transposeRhs) ->
                new TensorOp.Dot(v.flag("lhs_t", transposeLhs), v.flag("rhs_t", transposeRhs));
            case TensorOp.Reshape(var shape) -> new TensorOp.Reshape(v.shape(shape));
            case TensorOp.Transpose(var permutation) -> new TensorOp.Transpose(v.integers("perm", permutation));
            case TensorOp.Broadcast(var shape) -> new TensorOp.Broadcast(v.shape(shape));
            case TensorOp.Slice(var axis, var start, var limit) ->
                new TensorOp.Slice(v.integer("axis", axis), v.size("start", start), v.size("limit", limit));
            case TensorOp.Concat(var axis) -> new TensorOp.Concat(v.integer("axis", axis));
            case TensorOp.Pad(var axis, var before, var after) ->
                new TensorOp.Pad(v.integer("axis", axis), v.size("before", before), v.size("after", after));
            case TensorOp.Gather o -> o;
            case TensorOp.ScatterAdd o -> o;
            case TensorOp.GatherLast o -> o;
            case TensorOp.ScatterAddLast o -> o;
            case TensorOp.Toeplitz(var rows, var columns) ->
                new TensorOp.Toeplitz(v.size("rows", rows), v.size("columns", columns));
            case TensorOp.Conv1d(var groups, var padding) ->
                new TensorOp.Conv1d(v.integer("groups", groups), v.integer("padding", padding));
            case TensorOp.StopGradient o -> o;
            case TensorOp.After o -> o;
            case TensorOp.Transfer(var to) ->
                new TensorOp.Transfer(v.choice("to", to, List.of(Place.values()), Place::text));
            case TensorOp.RandomUniform(var type, var stream) ->
                new TensorOp.RandomUniform(v.type(type), v.integer("stream", stream));
        };
    }

    private static KernelOp map(KernelOp op, Visitor v) {
        return switch (op) {
            case KernelOp.Elementwise o -> o;
            case KernelOp.Linear(var bias, var activation) ->
                new KernelOp.Linear(
                        v.flag("bias", bias),
                        v.choice("act", activation, List.of(Activation.values()), Activation::text));
            case KernelOp.LayerNorm(var epsilon, var residual) -> {
                boolean added = v.flag("residual", residual);
                yield new KernelOp.LayerNorm(v.number("eps", epsilon), added);
            }
            case KernelOp.LayerNormGrad(var epsilon, var residual, var result) -> {
                boolean added = v.flag("residual", residual);
                yield new KernelOp.LayerNormGrad(
                        v.number("eps", epsilon),
                        added,
                        v.choice(
                                "result",
                                result,
                                List.of(KernelOp.LayerNormGrad.Result.values()),
                                KernelOp.LayerNormGrad.Result::text));
            }
            case KernelOp.Embedding(var epsilon, var masked) -> {
                boolean zeroed = v.flag("masked", masked);
                yield new KernelOp.Embedding(v.number("eps", epsilon), zeroed);
            }
            case KernelOp.MaskedSoftmax o -> o;
            case KernelOp.SumOfSquares o -> o;
            case KernelOp.DisentangledAttention o -> attention(o, v);
            case KernelOp.PackedAttention o -> attention(o, v);
            case KernelOp.DisentangledAttentionGrad(var attention, var result) ->
                new KernelOp.DisentangledAttentionGrad(attention(attention, v), gradient(result, v));
            case KernelOp.PackedAttentionGrad(var attention, var result) ->
                new KernelOp.PackedAttentionGrad(attention(attention, v), gradient(result, v));
        };
    }

    private static KernelOp.DisentangledAttention attention(KernelOp.DisentangledAttention op, Visitor v) {
        boolean drops = v.flag("dropout", op.dropout().isPresent());
        Terms terms = terms(v, op.c2p(), op.p2c());
        return new KernelOp.DisentangledAttention(
                v.number("scale", op.scale()), terms.c2p(), terms.p2c(), dropout(drops, op.dropout(), v));
    }

    private static KernelOp.PackedAttention attention(KernelOp.PackedAttention op, Visitor v) {
        boolean drops = v.flag("dropout", op.dropout().isPresent());
        Terms terms = terms(v, op.c2p(), op.p2c());
        return new KernelOp.PackedAttention(
                v.number("scale", op.scale()),
                terms.c2p(),
                terms.p2c(),
                v.size("length", op.length()),
                dropout(drops, op.dropout(), v));
    }

    private static AttentionDropout dropout(boolean drops, AttentionDropout dropout, Visitor v) {
        return drops
                ? new AttentionDropout(v.number("rate", dropout.rate()), v.integer("stream", dropout.stream()))
                : AttentionDropout.NONE;
    }

    private static KernelOp.AttentionGradient gradient(KernelOp.AttentionGradient result, Visitor v) {
        return v.choice(
                "result", result, List.of(KernelOp.AttentionGradient.values()), KernelOp.AttentionGradient::text);
    }

    /** The terms of attention's scores, of which c2c is always there. */
    private record Terms(boolean c2p, boolean p2c) {
        static final List<Terms> ALL =
                List.of(new Terms(false, false), new Terms(true, false), new Terms(false, true), new Terms(true, true));

        String text() {
            return "[c2c" + (c2p ? ",c2p" : "") + (p2c ? ",p2c" : "") + "]";
        }
    }

    private static Terms terms(Visitor v, boolean c2p, boolean p2c) {
        return v.choice("terms", new Terms(c2p, p2c), Terms.ALL, Terms::text);
    }
}

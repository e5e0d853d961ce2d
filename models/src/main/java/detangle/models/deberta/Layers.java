package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;

/**
 * The layers that DeBERTa is made of, written in tensor-level primitives. Parameters have the names of the published
 * checkpoints: {@code scope("deberta.encoder").linear("dense", ...)} reads {@code deberta.encoder.dense.weight}.
 */
public final class Layers {
    private final Builder b;
    private final String prefix;

    Layers(Builder builder, String prefix) {
        this.b = builder;
        this.prefix = prefix;
    }

    /** Layers whose parameters have the names that they are given. */
    public static Layers of(Builder builder) {
        return new Layers(builder, "");
    }

    /** Layers whose parameters stand under {@code name}, and whose nodes are named after it. */
    public Layers scope(String name) {
        return new Layers(b.scope(name), prefix.isEmpty() ? name : prefix + "." + name);
    }

    public Builder builder() {
        return b;
    }

    public Node param(String name, long... sizes) {
        return b.param(prefix.isEmpty() ? name : prefix + "." + name, TensorType.of(DType.F32, sizes));
    }

    /** {@code x w^T + bias} with {@code name.weight [out, in]} and {@code name.bias [out]}. */
    public Node linear(String name, Node x, long in, long out) {
        return b.named(name, b.add(linearWithoutBias(name, x, in, out), param(name + ".bias", out)));
    }

    /** {@code x w^T} with {@code name.weight [out, in]}. */
    public Node linearWithoutBias(String name, Node x, long in, long out) {
        return b.dotTransposed(x, param(name + ".weight", out, in));
    }

    /** Layer normalisation over the last axis: biased variance, eps inside the root (Ba et al. 2016). */
    public Node layerNorm(String name, Node x, long size, double epsilon) {
        Node perElement = b.constant(DType.F32, 1.0 / size);
        Node mean = b.mul(b.reduce(ReduceFunction.SUM, x, -1), perElement);
        Node centred = b.sub(x, mean);
        Node variance = b.mul(b.reduce(ReduceFunction.SUM, b.mul(centred, centred), -1), perElement);
        Node scale = b.unary(UnaryFunction.RSQRT, b.add(variance, b.constant(DType.F32, epsilon)));
        Node normalised = b.mul(b.mul(centred, scale), param(name + ".weight", size));
        return b.named(name, b.add(normalised, param(name + ".bias", size)));
    }

    public Node activation(HiddenActivation activation, Node x) {
        return switch (activation) {
            case GELU -> {
                Node half = b.mul(x, b.constant(DType.F32, 0.5));
                Node erf = b.unary(UnaryFunction.ERF, b.mul(x, b.constant(DType.F32, Math.sqrt(0.5))));
                yield b.mul(half, b.add(erf, b.constant(DType.F32, 1)));
            }
            case GELU_TANH -> {
                Node cube = b.mul(b.mul(x, x), x);
                Node inner = b.add(x, b.mul(cube, b.constant(DType.F32, 0.044715)));
                Node tanh = b.unary(UnaryFunction.TANH, b.mul(inner, b.constant(DType.F32, Math.sqrt(2 / Math.PI))));
                yield b.mul(b.mul(x, b.constant(DType.F32, 0.5)), b.add(tanh, b.constant(DType.F32, 1)));
            }
            case RELU -> b.max(x, b.constant(DType.F32, 0));
            case TANH -> b.unary(UnaryFunction.TANH, x);
            case SIGMOID -> sigmoid(x);
            case SILU -> b.mul(x, sigmoid(x));
            case LINEAR -> x;
        };
    }

    private Node sigmoid(Node x) {
        Node one = b.constant(DType.F32, 1);
        return b.div(one, b.add(b.unary(UnaryFunction.EXP, b.unary(UnaryFunction.NEG, x)), one));
    }

    /** Softmax over the last axis of the places where the mask holds; a row without any gives zeros. */
    public Node maskedSoftmax(Node scores, Node mask) {
        Node masked = b.select(mask, scores, b.constant(DType.F32, Double.NEGATIVE_INFINITY));
        Node exponentials = b.unary(UnaryFunction.EXP, b.sub(masked, b.reduce(ReduceFunction.MAX, masked, -1)));
        Node sum = b.reduce(ReduceFunction.SUM, exponentials, -1);
        return b.named("p", b.select(mask, b.div(exponentials, sum), b.constant(DType.F32, 0)));
    }

    /** {@code [..., heads*size]} as {@code [..., heads, size]}. */
    public Node splitHeads(Node x, long heads, long size) {
        return b.reshape(x, x.shape().sub(0, x.type().rank() - 1).concat(Shape.of(Dim.of(heads), Dim.of(size))));
    }
}

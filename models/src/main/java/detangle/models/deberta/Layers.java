package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.HashMap;
import java.util.Map;

/**
 * The layers that DeBERTa is made of, written in tensor-level primitives. Parameters have the names of the published
 * checkpoints: {@code scope("deberta.encoder").linear("dense", ...)} reads {@code deberta.encoder.dense.weight}.
 */
public final class Layers {
    private final Builder b;
    private final String prefix;
    private final Dropout dropout;
    /** The number of calls of the dropout of each name, in all layers of a program. */
    private final Map<String, Integer> calls;

    private Layers(Builder builder, String prefix, Dropout dropout, Map<String, Integer> calls) {
        this.b = builder;
        this.prefix = prefix;
        this.dropout = dropout;
        this.calls = calls;
    }

    /** Layers whose parameters have the names that they are given. */
    public static Layers of(Builder builder) {
        return of(builder, Dropout.NONE);
    }

    /** Makes layers as {@link #of(Builder)} does, of which training drops elements. */
    static Layers of(Builder builder, Dropout dropout) {
        return new Layers(builder, "", dropout, new HashMap<>());
    }

    /** Layers whose parameters stand under {@code name}, and whose nodes are named after it. */
    public Layers scope(String name) {
        return new Layers(b.scope(name), full(name), dropout, calls);
    }

    private String full(String name) {
        return prefix.isEmpty() ? name : prefix + "." + name;
    }

    public Builder builder() {
        return b;
    }

    public Node param(String name, long... sizes) {
        return b.param(full(name), TensorType.of(DType.F32, sizes));
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
        Node gamma = param(name + ".weight", size);
        return b.named(name, idioms().layerNorm(x, gamma, param(name + ".bias", size), epsilon));
    }

    /**
     * Returns the operand, some of whose elements training drops; inference drops none.
     *
     * @param name what the place is called here, which is {@code dropout} if it has no other name
     * @param rate the probability of dropping an element, below 1; 0: none is dropped
     */
    public Node dropout(String name, double rate, Node x) {
        int call = calls.merge(full(name), 1, Integer::sum) - 1;
        return rate == 0 ? x : dropout.apply(b, full(name) + "#" + call, rate, x);
    }

    private Idioms idioms() {
        return new Idioms(b);
    }

    public Node activation(HiddenActivation activation, Node x) {
        return switch (activation) {
            case GELU -> idioms().gelu(x);
            case GELU_TANH -> idioms().geluTanh(x);
            case RELU -> idioms().relu(x);
            case TANH -> b.unary(UnaryFunction.TANH, x);
            case SIGMOID -> idioms().sigmoid(x);
            case SILU -> idioms().silu(x);
            case LINEAR -> x;
        };
    }

    /** {@code [..., heads*size]} as {@code [..., heads, size]}. */
    public Node splitHeads(Node x, long heads, long size) {
        return b.reshape(x, x.shape().sub(0, x.type().rank() - 1).concat(Shape.of(Dim.of(heads), Dim.of(size))));
    }
}

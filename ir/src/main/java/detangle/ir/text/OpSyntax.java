package detangle.ir.text;

import detangle.ir.Activation;
import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.KernelOp;
import detangle.ir.Op;
import detangle.ir.Place;
import detangle.ir.ReduceFunction;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How operations are written: a mnemonic and attributes, both ways in one place. What the result type says (shape of a
 * reshape, type of a conversion) is not repeated as an attribute. Inputs, parameters, constants and regions have a form
 * of their own in {@link Printer} and {@link Parser}.
 */
final class OpSyntax {
    private static final Set<Class<?>> NAMED_BY_FUNCTION =
            Set.of(TensorOp.Unary.class, TensorOp.Binary.class, TensorOp.Compare.class, TensorOp.Reduce.class);

    private OpSyntax() {}

    /** The word that names the operation. */
    static String mnemonic(Op op) {
        return switch (op) {
            case TensorOp.Unary(var f) -> f.text();
            case TensorOp.Binary(var f) -> f.text();
            case TensorOp.Compare(var c) -> c.text();
            case TensorOp.Reduce(var f, var axis) -> "reduce_" + f.text();
            default -> snakeCase(op.getClass().getSimpleName());
        };
    }

    /** {@code GatherLast} as {@code gather_last}. */
    private static String snakeCase(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /** All words that operations are named with. */
    static Set<String> mnemonics() {
        Set<String> words = new TreeSet<>();
        for (Class<?> kind : List.of(TensorOp.class, KernelOp.class)) {
            for (Class<?> operation : kind.getPermittedSubclasses()) {
                if (!NAMED_BY_FUNCTION.contains(operation)) {
                    words.add(snakeCase(operation.getSimpleName()));
                }
            }
        }
        Arrays.stream(UnaryFunction.values()).forEach(f -> words.add(f.text()));
        Arrays.stream(BinaryFunction.values()).forEach(f -> words.add(f.text()));
        Arrays.stream(Comparison.values()).forEach(c -> words.add(c.text()));
        Arrays.stream(ReduceFunction.values()).forEach(f -> words.add("reduce_" + f.text()));
        return words;
    }

    static Attributes attributes(Op op) {
        Attributes a = new Attributes();
        return switch (op) {
            case TensorOp.Input i -> a;
            case TensorOp.Param p -> a;
            case TensorOp.Constant c -> a;
            case TensorOp.Iota(var type, var axis, var start) ->
                a.put("axis", axis).put("start", start);
            case TensorOp.Unary u -> a;
            case TensorOp.Binary b -> a;
            case TensorOp.Compare c -> a;
            case TensorOp.Select s -> a;
            case TensorOp.Convert c -> a;
            case TensorOp.Reduce(var f, var axis) -> a.put("axis", axis);
            case TensorOp.Dot(var lhsT, var rhsT) -> a.flag("lhs_t", lhsT).flag("rhs_t", rhsT);
            case TensorOp.Reshape r -> a;
            case TensorOp.Transpose(var permutation) -> a.list("perm", permutation);
            case TensorOp.Broadcast b -> a;
            case TensorOp.Slice(var axis, var start, var limit) ->
                a.put("axis", axis).put("start", start).put("limit", limit);
            case TensorOp.Concat(var axis) -> a.put("axis", axis);
            case TensorOp.Pad(var axis, var before, var after) ->
                a.put("axis", axis).put("before", before).put("after", after);
            case TensorOp.Gather g -> a;
            case TensorOp.ScatterAdd s -> a;
            case TensorOp.GatherLast g -> a;
            case TensorOp.ScatterAddLast s -> a;
            case TensorOp.Toeplitz(var rows, var columns) -> a.put("rows", rows).put("columns", columns);
            case TensorOp.Conv1d(var groups, var padding) ->
                a.put("groups", groups).put("padding", padding);
            case TensorOp.StopGradient s -> a;
            case TensorOp.Transfer(var to) -> a.put("to", to.text());
            case TensorOp.RandomUniform(var type, var stream) -> a.put("stream", stream);
            case KernelOp.Elementwise e -> a;
            case KernelOp.Linear(var bias, var act) -> a.flag("bias", bias).put("act", act.text());
            case KernelOp.LayerNorm(var eps, var residual) ->
                a.flag("residual", residual).put("eps", Numbers.print(eps));
            case KernelOp.LayerNormGrad(var eps, var residual, var result) ->
                a.flag("residual", residual).put("eps", Numbers.print(eps)).put("result", result.text());
            case KernelOp.Embedding(var eps, var masked) ->
                a.flag("masked", masked).put("eps", Numbers.print(eps));
            case KernelOp.MaskedSoftmax m -> a;
            case KernelOp.DisentangledAttention(var scale, var c2p, var p2c) ->
                a.list("terms", terms(c2p, p2c)).put("scale", Numbers.print(scale));
            case KernelOp.PackedAttention(var scale, var c2p, var p2c, var length) ->
                a.list("terms", terms(c2p, p2c))
                        .put("scale", Numbers.print(scale))
                        .put("length", length);
        };
    }

    private static List<String> terms(boolean c2p, boolean p2c) {
        List<String> terms = new ArrayList<>(List.of("c2c"));
        if (c2p) {
            terms.add("c2p");
        }
        if (p2c) {
            terms.add("p2c");
        }
        return terms;
    }

    /** The operation of a mnemonic; empty for an unknown one. Takes its attributes out of {@code a}. */
    static Optional<Op> parse(String mnemonic, Attributes a, TensorType type) {
        return Optional.ofNullable(
                switch (mnemonic) {
                    case "iota" -> new TensorOp.Iota(type, a.takeInt("axis"), a.takeDim("start"));
                    case "select" -> new TensorOp.Select();
                    case "convert" -> new TensorOp.Convert(type.dtype());
                    case "reduce_sum" -> new TensorOp.Reduce(ReduceFunction.SUM, a.takeInt("axis"));
                    case "reduce_max" -> new TensorOp.Reduce(ReduceFunction.MAX, a.takeInt("axis"));
                    case "dot" -> new TensorOp.Dot(a.takeFlag("lhs_t"), a.takeFlag("rhs_t"));
                    case "reshape" -> new TensorOp.Reshape(type.shape());
                    case "transpose" -> new TensorOp.Transpose(a.takeInts("perm"));
                    case "broadcast" -> new TensorOp.Broadcast(type.shape());
                    case "slice" -> new TensorOp.Slice(a.takeInt("axis"), a.takeDim("start"), a.takeDim("limit"));
                    case "concat" -> new TensorOp.Concat(a.takeInt("axis"));
                    case "pad" -> new TensorOp.Pad(a.takeInt("axis"), a.takeDim("before"), a.takeDim("after"));
                    case "gather" -> new TensorOp.Gather();
                    case "scatter_add" -> new TensorOp.ScatterAdd();
                    case "gather_last" -> new TensorOp.GatherLast();
                    case "scatter_add_last" -> new TensorOp.ScatterAddLast();
                    case "toeplitz" -> new TensorOp.Toeplitz(a.takeDim("rows"), a.takeDim("columns"));
                    case "conv1d" -> new TensorOp.Conv1d(a.takeInt("groups"), a.takeInt("padding"));
                    case "stop_gradient" -> new TensorOp.StopGradient();
                    case "transfer" -> new TensorOp.Transfer(place(a.takeText("to")));
                    case "random_uniform" -> new TensorOp.RandomUniform(type, a.takeLong("stream"));
                    case "linear" -> new KernelOp.Linear(a.takeFlag("bias"), activation(a.takeText("act")));
                    case "layer_norm" -> new KernelOp.LayerNorm(a.takeDouble("eps"), a.takeFlag("residual"));
                    case "layer_norm_grad" ->
                        new KernelOp.LayerNormGrad(
                                a.takeDouble("eps"), a.takeFlag("residual"), layerNormGrad(a.takeText("result")));
                    case "embedding" -> new KernelOp.Embedding(a.takeDouble("eps"), a.takeFlag("masked"));
                    case "masked_softmax" -> new KernelOp.MaskedSoftmax();
                    case "disentangled_attention" -> {
                        List<String> terms = takeTerms(a);
                        yield new KernelOp.DisentangledAttention(
                                a.takeDouble("scale"), terms.contains("c2p"), terms.contains("p2c"));
                    }
                    case "packed_attention" -> {
                        List<String> terms = takeTerms(a);
                        yield new KernelOp.PackedAttention(
                                a.takeDouble("scale"),
                                terms.contains("c2p"),
                                terms.contains("p2c"),
                                a.takeDim("length"));
                    }
                    default -> scalarFunction(mnemonic);
                });
    }

    private static Op scalarFunction(String mnemonic) {
        return unary(mnemonic)
                .<Op>map(TensorOp.Unary::new)
                .or(() -> binary(mnemonic).map(TensorOp.Binary::new))
                .or(() -> comparison(mnemonic).map(TensorOp.Compare::new))
                .orElse(null);
    }

    static Optional<UnaryFunction> unary(String text) {
        return Arrays.stream(UnaryFunction.values())
                .filter(f -> f.text().equals(text))
                .findFirst();
    }

    static Optional<BinaryFunction> binary(String text) {
        return Arrays.stream(BinaryFunction.values())
                .filter(f -> f.text().equals(text))
                .findFirst();
    }

    static Optional<Comparison> comparison(String text) {
        return Arrays.stream(Comparison.values())
                .filter(c -> c.text().equals(text))
                .findFirst();
    }

    private static Activation activation(String text) {
        return Arrays.stream(Activation.values())
                .filter(a -> a.text().equals(text))
                .findFirst()
                .orElseThrow(() -> new Attributes.AttributeException("act=" + text + " is no activation"));
    }

    private static KernelOp.LayerNormGrad.Result layerNormGrad(String text) {
        return Arrays.stream(KernelOp.LayerNormGrad.Result.values())
                .filter(r -> r.text().equals(text))
                .findFirst()
                .orElseThrow(() ->
                        new Attributes.AttributeException("result=" + text + " is not one of dx, dgamma and dbeta"));
    }

    private static Place place(String text) {
        return Arrays.stream(Place.values())
                .filter(p -> p.text().equals(text))
                .findFirst()
                .orElseThrow(() -> new Attributes.AttributeException("to=" + text + " is neither host nor device"));
    }

    private static List<String> takeTerms(Attributes a) {
        List<String> terms = a.takeList("terms");
        if (!terms.equals(terms(terms.contains("c2p"), terms.contains("p2c")))) {
            throw new Attributes.AttributeException("terms are c2c, then c2p and p2c where present, not " + terms);
        }
        return terms;
    }
}

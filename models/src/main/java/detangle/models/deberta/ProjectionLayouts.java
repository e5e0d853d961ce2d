package detangle.models.deberta;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Turns the attention projections of v1, one matrix with rows grouped as {@code [A][query,key,value][d]}, into those of
 * v2, one for each, and the reverse (microsoft's disentangled_attention.py, {@code _pre_load_hook}: its releases of v1
 * have the first layout, what its code saves from them the second).
 */
final class ProjectionLayouts {
    private static final String SELF = ".attention.self.";
    private static final String FUSED = "in_proj.weight";

    private final int heads;
    private final int headSize;
    private final int hiddenSize;

    ProjectionLayouts(DebertaConfig config) {
        this.hiddenSize = config.hiddenSize();
        this.heads = config.numAttentionHeads();
        this.headSize = config.headSize();
    }

    /** Returns the parameter of that name, made from those that are stored, if they are in the other layout. */
    Optional<Tensor> find(Function<String, Optional<Tensor>> stored, Path origin, String name) {
        int at = name.indexOf(SELF);
        if (at < 0) {
            return Optional.empty();
        }
        String scope = name.substring(0, at + SELF.length());
        String parameter = name.substring(scope.length());
        Function<String, Optional<Tensor>> scoped = other -> stored.apply(scope + other);
        return switch (parameter) {
            case "query_proj.weight" -> scoped.apply(FUSED).map(all -> part(origin, all, 0));
            case "key_proj.weight" -> scoped.apply(FUSED).map(all -> part(origin, all, 1));
            case "value_proj.weight" -> scoped.apply(FUSED).map(all -> part(origin, all, 2));
            case "query_proj.bias" -> scoped.apply("q_bias");
            case "value_proj.bias" -> scoped.apply("v_bias");
            case "key_proj.bias" -> scoped.apply(FUSED).map(this::noBias);
            case "pos_key_proj.weight" -> scoped.apply("pos_proj.weight");
            case "pos_key_proj.bias" -> scoped.apply("pos_proj.weight").map(this::noBias);
            case "pos_query_proj.weight" -> scoped.apply("pos_q_proj.weight");
            case "pos_query_proj.bias" -> scoped.apply("pos_q_proj.bias");
            case FUSED -> {
                refuseBias(scoped, origin, scope + "key_proj.bias", "key_proj.bias");
                yield scoped.apply("query_proj.weight")
                        .flatMap(q -> scoped.apply("key_proj.weight")
                                .flatMap(k -> scoped.apply("value_proj.weight").map(v -> fused(origin, q, k, v))));
            }
            case "q_bias" -> scoped.apply("query_proj.bias");
            case "v_bias" -> scoped.apply("value_proj.bias");
            case "pos_proj.weight" -> {
                refuseBias(scoped, origin, scope + "pos_key_proj.bias", "pos_key_proj.bias");
                yield scoped.apply("pos_key_proj.weight");
            }
            case "pos_q_proj.weight" -> scoped.apply("pos_query_proj.weight");
            case "pos_q_proj.bias" -> scoped.apply("pos_query_proj.bias");
            default -> Optional.empty();
        };
    }

    private Tensor noBias(Tensor weight) {
        return Tensor.of(new float[heads * headSize], heads * headSize);
    }

    private static void refuseBias(
            Function<String, Optional<Tensor>> stored, Path origin, String name, String parameter) {
        stored.apply(parameter).ifPresent(bias -> {
            for (long i = 0; i < bias.elements(); i++) {
                if (bias.getDouble(i) != 0) {
                    throw new WeightsException(
                            origin,
                            name + " is not zero, and model_type deberta has no such bias: set model_type "
                                    + ModelType.DEBERTA_V2.text() + " in config.json");
                }
            }
        });
    }

    /** Returns rows {@code [A][d]} out of {@code [A][3][d]}. */
    private Tensor part(Path origin, Tensor all, int index) {
        check(origin, all, 3);
        Tensor part = empty(all.dtype(), all.dim(1));
        for (int head = 0; head < heads; head++) {
            copyHead(all, 3 * head + index, part, head);
        }
        return part;
    }

    private Tensor fused(Path origin, Tensor... parts) {
        for (Tensor part : parts) {
            check(origin, part, 1);
        }
        Tensor first = parts[0];
        Tensor all = new Tensor(
                first.dtype(),
                new long[] {3L * heads * headSize, first.dim(-1)},
                MemorySegment.ofArray(new byte[Math.toIntExact(3 * first.data().byteSize())]));
        for (int index = 0; index < parts.length; index++) {
            for (int head = 0; head < heads; head++) {
                copyHead(parts[index], head, all, 3 * head + index);
            }
        }
        return all;
    }

    private Tensor empty(DType dtype, long width) {
        long rows = (long) heads * headSize;
        byte[] bytes = new byte[Math.toIntExact(rows * width * dtype.bytes())];
        return new Tensor(dtype, new long[] {rows, width}, MemorySegment.ofArray(bytes));
    }

    private void check(Path origin, Tensor matrix, int parts) {
        if (matrix.rank() != 2 || matrix.dim(0) != (long) parts * heads * headSize || matrix.dim(1) != hiddenSize) {
            throw new WeightsException(
                    origin,
                    "a projection is " + matrix.type() + ", which does not fit " + heads + " heads of " + headSize
                            + " and states of " + hiddenSize);
        }
    }

    private void copyHead(Tensor from, int fromHead, Tensor to, int toHead) {
        long bytes = headSize * from.dim(1) * from.dtype().bytes();
        MemorySegment.copy(from.data(), fromHead * bytes, to.data(), toHead * bytes, bytes);
    }
}

package detangle.models.deberta;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;

/** Weights of the right shapes without meaning, the same each time: for dumps and timings, never for answers. */
public final class RandomWeights {
    private static final long SEED = 1;

    /** HuggingFace's default {@code initializer_range}. */
    private static final float DEVIATION = 0.02f;

    private RandomWeights() {}

    /**
     * Returns what {@link #of(Program)} returns, for a model's program.
     *
     * @throws ConfigException if the model is larger than the memory that there is
     */
    public static Map<String, Tensor> of(DebertaConfig config, Program program) {
        types(config, program);
        return of(program);
    }

    /** Returns a tensor for each parameter of a program: normal, the scales of normalisations one. */
    public static Map<String, Tensor> of(Program program) {
        Map<String, Tensor> weights = new HashMap<>();
        types(program).forEach((name, type) -> weights.put(name, of(name, type)));
        return weights;
    }

    /**
     * Returns the types of the parameters of a model's program, for {@link #of(String, TensorType)}.
     *
     * @throws ConfigException if the model is larger than the memory that there is
     */
    public static SequencedMap<String, TensorType> types(DebertaConfig config, Program program) {
        SequencedMap<String, TensorType> types = types(program);
        double parameters = 0;
        double largest = 0;
        for (TensorType type : types.values()) {
            double elements = Tensor.elements(type.shape().sizes());
            parameters += elements;
            largest = Math.max(largest, elements);
        }
        if (Float.BYTES * parameters > Runtime.getRuntime().maxMemory() || largest > Integer.MAX_VALUE) {
            throw new ConfigException(
                    config.file(),
                    String.format(
                            Locale.ROOT,
                            "describes a model of %,.0f parameters, and random ones of so many do not fit into memory:"
                                    + " give the folder its weights, or choose a smaller model",
                            parameters));
        }
        return types;
    }

    /** Returns the types of the parameters of a program, however large they are together. */
    public static SequencedMap<String, TensorType> types(Program program) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, var type)) {
                types.put(name, type);
            }
        }
        return types;
    }

    /** Returns the tensor of one parameter. */
    public static Tensor of(String name, TensorType type) {
        long[] shape = type.shape().sizes();
        Random random = new Random(SEED + name.hashCode());
        float mean = name.endsWith("LayerNorm.weight") ? 1 : 0;
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = mean + DEVIATION * (float) random.nextGaussian();
        }
        return Tensor.of(values, shape);
    }
}

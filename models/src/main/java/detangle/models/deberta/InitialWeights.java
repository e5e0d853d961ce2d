package detangle.models.deberta;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Random;
import java.util.SequencedMap;

/**
 * The values that parameters have before they are trained: tables and matrices are normal with mean 0 and the standard
 * deviation {@code initializer_range}, scales of normalisations are 1, other vectors 0, and the convolution is uniform
 * in {@code +-1/sqrt(groups' channels * kernel)}, which is PyTorch's default. HuggingFace's code sets the row of
 * padding in the table of words to 0, and microsoft's leaves it random. Sources: transformers modeling_deberta_v2.py,
 * {@code _init_weights}; microsoft's nnmodule.py, {@code init_weights}.
 *
 * <p>The same seed gives the same values, each parameter's by its name alone. They are not the numbers that PyTorch
 * draws.
 *
 * @param convention whose row of padding it is
 */
public record InitialWeights(DebertaConfig config, Convention convention, long seed) {
    private static final String CONVOLUTION = "encoder.conv.conv.";
    private static final String WORDS = "embeddings.word_embeddings.weight";

    /**
     * Returns a tensor for each parameter of a program, by name.
     *
     * @throws ConfigException if the model is larger than the memory that there is
     */
    public SequencedMap<String, Tensor> of(Program program) {
        SequencedMap<String, Tensor> weights = new LinkedHashMap<>();
        RandomWeights.types(config, program).forEach((name, type) -> weights.put(name, of(name, type)));
        return weights;
    }

    /** Returns the tensor of one parameter. */
    public Tensor of(String name, TensorType type) {
        long[] shape = type.shape().sizes();
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        Random random = new Random(seed * 0x9E3779B97F4A7C15L + name.hashCode());
        if (name.contains(CONVOLUTION) && config.convolution().isPresent()) {
            DebertaConfig.Convolution conv = config.convolution().get();
            float bound = (float) (1 / Math.sqrt((double) config.hiddenSize() / conv.groups() * conv.kernelSize()));
            fill(values, () -> (2 * random.nextFloat() - 1) * bound);
        } else if (shape.length < 2) {
            // A vector that is called a weight is the scale of a normalisation; others are biases.
            fill(values, () -> name.endsWith(".weight") ? 1 : 0);
        } else {
            float deviation = (float) config.initializerRange();
            fill(values, () -> deviation * (float) random.nextGaussian());
        }
        if (name.endsWith(WORDS) && convention == Convention.HUGGINGFACE) {
            int width = config.embeddingSize();
            Arrays.fill(values, config.padTokenId() * width, (config.padTokenId() + 1) * width, 0);
        }
        return Tensor.of(values, shape);
    }

    @FunctionalInterface
    private interface Source {
        float next();
    }

    private static void fill(float[] values, Source source) {
        for (int i = 0; i < values.length; i++) {
            values[i] = source.next();
        }
    }
}

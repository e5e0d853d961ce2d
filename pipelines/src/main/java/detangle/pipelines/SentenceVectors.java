package detangle.pipelines;

import detangle.models.sentence.SentenceDefaults;
import detangle.models.sentence.SentenceModules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The modules that make vectors of tokens' states in a model's folder: what sentence-transformers' files say, or the
 * mean.
 *
 * @param file modules.json, or the folder where there is none, for messages
 * @param pooling at least one; several are put side by side
 * @param includePrompt whether the tokens of a prompt count
 * @param layers what follows, in order
 * @param defaults the prompts, and how many numbers of a vector are kept
 */
record SentenceVectors(
        Path file, List<Pooling> pooling, boolean includePrompt, List<VectorLayer> layers, SentenceDefaults defaults) {
    SentenceVectors {
        pooling = List.copyOf(pooling);
        layers = List.copyOf(layers);
    }

    /**
     * Reads the modules of a folder or an artifact.
     *
     * @param hiddenSize the width of the encoder
     * @throws detangle.models.deberta.ConfigException if a module is not known or does not fit
     */
    static SentenceVectors read(Path model, int hiddenSize) {
        SentenceDefaults defaults = SentenceDefaults.read(model);
        Optional<SentenceModules> modules = SentenceModules.read(model)
                // A CrossEncoder's folder has no module but the encoder.
                .filter(m -> !m.behind().isEmpty());
        return modules.map(m -> new SentenceModuleReader(model, m, hiddenSize).read(defaults))
                .orElseGet(() -> new SentenceVectors(model, List.of(Pooling.MEAN), true, List.of(), defaults));
    }

    /** Returns the poolings of a call. */
    List<Pooling> pooling(EmbeddingOptions options) {
        return options.pooling().isEmpty() ? pooling : options.pooling();
    }

    /**
     * Returns how many components vectors have.
     *
     * @throws PipelineException if the poolings of a call do not go with what follows them, or it asks for more
     *     numbers than there are
     */
    int width(EmbeddingOptions options, int hiddenSize) {
        int width = hiddenSize * pooling(options).size();
        for (VectorLayer layer : layers) {
            OptionalInt next = layer.width(width);
            if (next.isEmpty()) {
                throw new PipelineException(file + " has a module that does not take the " + width
                        + " numbers of the pooling that was chosen: choose another");
            }
            width = next.getAsInt();
        }
        if (options.truncateDim().orElse(0) > width) {
            throw new PipelineException("vectors have " + width + " numbers, and "
                    + options.truncateDim().getAsInt() + " are asked for: ask for at most " + width);
        }
        return kept(width, options);
    }

    /**
     * Returns how many of a vector's numbers a call keeps. A folder may state more of them than there are, which cuts
     * nothing.
     */
    private int kept(int width, EmbeddingOptions options) {
        OptionalInt asked = options.truncateDim().isPresent() ? options.truncateDim() : defaults.truncateDim();
        return Math.min(width, asked.orElse(width));
    }

    /**
     * Returns what stands before each text of a call.
     *
     * @throws PipelineException if there is no prompt of the name that is asked for
     */
    String prompt(EmbeddingOptions options) {
        return options.prompt()
                .or(() -> options.promptName().or(defaults::promptName).map(this::prompt))
                .orElse("");
    }

    private String prompt(String name) {
        String prompt = defaults.prompts().get(name);
        if (prompt == null) {
            throw new PipelineException("there is no prompt '" + name + "'; "
                    + (defaults.prompts().isEmpty()
                            ? "the model has none"
                            : "there are "
                                    + String.join(", ", defaults.prompts().keySet())));
        }
        return prompt;
    }

    /**
     * Returns the vector of a text.
     *
     * @param states of its tokens
     * @param promptTokens how many of them are the prompt's
     */
    float[] apply(double[][] states, int promptTokens, EmbeddingOptions options) {
        int first = includePrompt ? 0 : promptTokens;
        List<double[]> parts = new ArrayList<>();
        for (Pooling each : pooling(options)) {
            parts.add(each.apply(states, first));
        }
        double[] vector = parts.stream().flatMapToDouble(Arrays::stream).toArray();
        for (VectorLayer layer : layers) {
            vector = layer.apply(vector);
        }
        // As the library has it: what the folder makes of length 1 is cut afterwards, what a call asks for is made of
        // what is left.
        vector = Arrays.copyOf(vector, kept(vector.length, options));
        if (options.normalize()) {
            vector = new VectorLayer.Normalize().apply(vector);
        }
        float[] floats = new float[vector.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) vector[i];
        }
        return floats;
    }
}

package detangle.pipelines;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options by which texts become vectors; the names are sentence-transformers'. Empty options take the values of the
 * model's folder.
 *
 * @param pooling how the states of a text's tokens become a vector; several are put side by side. If empty, the folder
 *     decides, or else it is the mean
 * @param normalize whether vectors are made of length 1 in the end, so that their dot product is their cosine; a folder
 *     may ask for that too
 * @param truncateDim how many of a vector's first numbers are kept, before {@code normalize}; as many as the folder
 *     says if empty
 * @param promptName the name of the prompt that stands before each text; the folder's default if empty
 * @param prompt what stands before each text instead of a prompt with a name; an empty text for nothing
 */
public record EmbeddingOptions(
        List<Pooling> pooling,
        boolean normalize,
        OptionalInt truncateDim,
        Optional<String> promptName,
        Optional<String> prompt) {
    /** The default options: the model's folder decides everything. */
    public static final EmbeddingOptions DEFAULT =
            new EmbeddingOptions(List.of(), false, OptionalInt.empty(), Optional.empty(), Optional.empty());

    /**
     * Keeps a copy of the poolings.
     *
     * @throws IllegalArgumentException if {@code truncateDim} is less than 1
     */
    public EmbeddingOptions {
        pooling = List.copyOf(pooling);
        if (truncateDim.orElse(1) < 1) {
            throw new IllegalArgumentException("truncateDim must be at least 1");
        }
    }

    public EmbeddingOptions withPooling(Pooling... value) {
        return withPooling(List.of(value));
    }

    public EmbeddingOptions withPooling(List<Pooling> value) {
        return new EmbeddingOptions(value, normalize, truncateDim, promptName, prompt);
    }

    public EmbeddingOptions withNormalize(boolean value) {
        return new EmbeddingOptions(pooling, value, truncateDim, promptName, prompt);
    }

    public EmbeddingOptions withTruncateDim(int value) {
        return new EmbeddingOptions(pooling, normalize, OptionalInt.of(value), promptName, prompt);
    }

    /** Returns options with the prompt of that name, in place of any other. */
    public EmbeddingOptions withPromptName(String value) {
        return new EmbeddingOptions(pooling, normalize, truncateDim, Optional.of(value), Optional.empty());
    }

    /** Returns options with this prompt, in place of any prompt with a name; an empty text means no prompt. */
    public EmbeddingOptions withPrompt(String value) {
        return new EmbeddingOptions(pooling, normalize, truncateDim, Optional.empty(), Optional.of(value));
    }
}

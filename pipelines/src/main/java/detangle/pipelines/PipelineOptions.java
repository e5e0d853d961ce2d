package detangle.pipelines;

import detangle.ir.DType;
import detangle.models.text.Truncation;
import detangle.runtime.OptionValues;
import detangle.runtime.SessionOptions;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a pipeline loads its model and runs texts.
 *
 * @param backend what to run on, see {@link SessionOptions#backend}; empty for the best on the CPU
 * @param batchSize how many texts, pairs or windows run at once, at least 1
 * @param truncation whether a text that is too long is cut, with a warning; it is refused otherwise. Pipelines that go over a
 *     text in windows need neither
 * @param truncationStrategy which text of a pair is cut; if empty the longest first, and the first alone where the
 *     second is the pipeline's own
 * @param weightType what weights that are stored in 32 bits are kept in, see {@link SessionOptions#weightType}; as they are stored if empty
 * @param maxLength the most tokens of an input, special ones included, and the length of windows. If empty, the least that the
 *     model's files state. More than {@code max_position_embeddings} is possible for models without absolute positions. GLiNER counts
 *     words
 * @param ignoreUnused whether tensors of the model that no parameter takes are passed over; see {@link SessionOptions#ignoreUnused}
 * @param dynamicBatching how texts of several threads run together; empty if each thread runs its own. Masks and multiple choice do
 *     without
 */
public record PipelineOptions(
        Optional<String> backend,
        int batchSize,
        boolean truncation,
        Optional<Truncation.Strategy> truncationStrategy,
        Optional<DType> weightType,
        OptionalInt maxLength,
        boolean ignoreUnused,
        Optional<DynamicBatching> dynamicBatching) {
    /** The best backend, 32 at once, nothing is cut, the model's own length, each thread for itself. */
    public static final PipelineOptions DEFAULT = new PipelineOptions(
            Optional.empty(),
            32,
            false,
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            false,
            Optional.empty());

    /** Refuses numbers of texts or tokens that are less than 1. */
    public PipelineOptions {
        if (batchSize < 1) {
            throw new IllegalArgumentException("a batch holds at least one text, not " + batchSize);
        }
        if (maxLength.isPresent() && maxLength.getAsInt() < 1) {
            throw new IllegalArgumentException("an input has at least one token, not " + maxLength.getAsInt());
        }
    }

    public PipelineOptions withBackend(String value) {
        return new PipelineOptions(
                Optional.of(value),
                batchSize,
                truncation,
                truncationStrategy,
                weightType,
                maxLength,
                ignoreUnused,
                dynamicBatching);
    }

    public PipelineOptions withBatchSize(int value) {
        return new PipelineOptions(
                backend, value, truncation, truncationStrategy, weightType, maxLength, ignoreUnused, dynamicBatching);
    }

    public PipelineOptions withTruncation(boolean value) {
        return new PipelineOptions(
                backend, batchSize, value, truncationStrategy, weightType, maxLength, ignoreUnused, dynamicBatching);
    }

    /** Cuts texts that are too long; of pairs what the strategy says. */
    public PipelineOptions withTruncation(Truncation.Strategy value) {
        return new PipelineOptions(
                backend, batchSize, true, Optional.of(value), weightType, maxLength, ignoreUnused, dynamicBatching);
    }

    public PipelineOptions withWeightType(DType value) {
        return new PipelineOptions(
                backend,
                batchSize,
                truncation,
                truncationStrategy,
                Optional.of(value),
                maxLength,
                ignoreUnused,
                dynamicBatching);
    }

    public PipelineOptions withMaxLength(int value) {
        return new PipelineOptions(
                backend,
                batchSize,
                truncation,
                truncationStrategy,
                weightType,
                OptionalInt.of(value),
                ignoreUnused,
                dynamicBatching);
    }

    public PipelineOptions withIgnoreUnused(boolean value) {
        return new PipelineOptions(
                backend, batchSize, truncation, truncationStrategy, weightType, maxLength, value, dynamicBatching);
    }

    /** For servers: what several threads ask at the same time runs together. */
    public PipelineOptions withDynamicBatching(DynamicBatching value) {
        return new PipelineOptions(
                backend,
                batchSize,
                truncation,
                truncationStrategy,
                weightType,
                maxLength,
                ignoreUnused,
                Optional.of(value));
    }

    /**
     * What the session of any pipeline is told: where it runs, what its weights are kept in, and that nobody reads hidden states.
     */
    SessionOptions session() {
        SessionOptions typed = OptionValues.with(SessionOptions.DEFAULT, weightType, SessionOptions::withWeightType);
        return OptionValues.with(typed, backend, SessionOptions::withBackend)
                .withHiddenStates(false)
                .withIgnoreUnused(ignoreUnused);
    }
}

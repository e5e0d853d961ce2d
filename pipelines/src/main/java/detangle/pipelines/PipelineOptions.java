package detangle.pipelines;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import detangle.models.text.Truncation;
import detangle.runtime.OptionValues;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The options by which a pipeline loads its model and runs texts.
 *
 * @param backend the name of the backend, see {@link SessionOptions#backend}; empty for the best one on the CPU
 * @param precision the precision in which the backend computes, see {@link SessionOptions#precision}
 * @param adapter the folder of a LoRA adapter that is merged into the model, see {@link SessionOptions#adapter}; none
 *     if empty
 * @param batchSize the number of texts, pairs or windows that run at once, at least 1
 * @param truncation whether a text that is too long is cut, with a warning; it is refused otherwise. Pipelines that
 *     read a text in windows do neither
 * @param truncationStrategy which text of a pair is cut; if empty, the longest first, or only the first if the second
 *     text is the pipeline's own
 * @param weightType the type in which weights that are stored in 32 bits are kept in memory, see {@link
 *     SessionOptions#weightType}; if empty, they keep their stored type
 * @param maxLength the most tokens of an input, special ones included, and the length of windows. If empty, the least
 *     that the model's files state. More than {@code max_position_embeddings} is possible for models without absolute
 *     positions. GLiNER counts words
 * @param ignoreUnused whether tensors of the model that no parameter takes are ignored; see {@link
 *     SessionOptions#ignoreUnused}
 * @param warmUp whether loading compiles the device's kernels and waits for that, see {@link SessionOptions#warmUp}
 * @param dynamicBatching how texts of several threads run together; empty if each thread runs its own. {@link
 *     MultipleChoice} does without
 */
public record PipelineOptions(
        Optional<String> backend,
        ComputePrecision precision,
        Optional<Path> adapter,
        int batchSize,
        boolean truncation,
        Optional<Truncation.Strategy> truncationStrategy,
        Optional<DType> weightType,
        OptionalInt maxLength,
        boolean ignoreUnused,
        boolean warmUp,
        Optional<DynamicBatching> dynamicBatching) {
    /**
     * The default options: the best backend, 32 texts at once, no truncation, the model's own length, and each thread
     * runs its own texts.
     */
    public static final PipelineOptions DEFAULT = new PipelineOptions(
            Optional.empty(),
            ComputePrecision.FP32,
            Optional.empty(),
            32,
            false,
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            false,
            true,
            Optional.empty());

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if {@code batchSize} or {@code maxLength} is less than 1
     */
    public PipelineOptions {
        if (batchSize < 1) {
            throw new IllegalArgumentException("a batch must hold at least one text, not " + batchSize);
        }
        if (maxLength.isPresent() && maxLength.getAsInt() < 1) {
            throw new IllegalArgumentException("an input must have at least one token, not " + maxLength.getAsInt());
        }
    }

    public PipelineOptions withBackend(String value) {
        return with(o -> o.backend = Optional.of(value));
    }

    public PipelineOptions withPrecision(ComputePrecision value) {
        return with(o -> o.precision = value);
    }

    public PipelineOptions withAdapter(Path value) {
        return with(o -> o.adapter = Optional.of(value));
    }

    /** Returns the options without an adapter, for models whose weights a pipeline has merged itself. */
    PipelineOptions withoutAdapter() {
        return with(o -> o.adapter = Optional.empty());
    }

    public PipelineOptions withBatchSize(int value) {
        return with(o -> o.batchSize = value);
    }

    public PipelineOptions withTruncation(boolean value) {
        return with(o -> o.truncation = value);
    }

    /** Cuts texts that are too long; the strategy says which text of a pair is cut. */
    public PipelineOptions withTruncation(Truncation.Strategy value) {
        return with(o -> {
            o.truncation = true;
            o.truncationStrategy = Optional.of(value);
        });
    }

    public PipelineOptions withWeightType(DType value) {
        return with(o -> o.weightType = Optional.of(value));
    }

    public PipelineOptions withMaxLength(int value) {
        return with(o -> o.maxLength = OptionalInt.of(value));
    }

    /** Returns the same options without a maximum length, so that the model's files decide. */
    PipelineOptions withoutMaxLength() {
        return with(o -> o.maxLength = OptionalInt.empty());
    }

    public PipelineOptions withIgnoreUnused(boolean value) {
        return with(o -> o.ignoreUnused = value);
    }

    public PipelineOptions withWarmUp(boolean value) {
        return with(o -> o.warmUp = value);
    }

    /** Sets dynamic batching, for servers: texts of several threads run together. */
    public PipelineOptions withDynamicBatching(DynamicBatching value) {
        return with(o -> o.dynamicBatching = Optional.of(value));
    }

    /**
     * Returns the options of the session of any pipeline: its backend, precision and weight type, and no hidden states
     * as outputs.
     */
    SessionOptions session() {
        SessionOptions typed = OptionValues.with(SessionOptions.DEFAULT, weightType, SessionOptions::withWeightType);
        SessionOptions adapted = OptionValues.with(typed, adapter, SessionOptions::withAdapter);
        return OptionValues.with(adapted, backend, SessionOptions::withBackend)
                .withPrecision(precision)
                .withHiddenStates(false)
                .withIgnoreUnused(ignoreUnused)
                .withWarmUp(warmUp);
    }

    private PipelineOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components as fields, so that one of them can be set by its name. */
    private static final class Draft {
        private Optional<String> backend;
        private ComputePrecision precision;
        private Optional<Path> adapter;
        private int batchSize;
        private boolean truncation;
        private Optional<Truncation.Strategy> truncationStrategy;
        private Optional<DType> weightType;
        private OptionalInt maxLength;
        private boolean ignoreUnused;
        private boolean warmUp;
        private Optional<DynamicBatching> dynamicBatching;

        Draft(PipelineOptions options) {
            backend = options.backend;
            precision = options.precision;
            adapter = options.adapter;
            batchSize = options.batchSize;
            truncation = options.truncation;
            truncationStrategy = options.truncationStrategy;
            weightType = options.weightType;
            maxLength = options.maxLength;
            ignoreUnused = options.ignoreUnused;
            warmUp = options.warmUp;
            dynamicBatching = options.dynamicBatching;
        }

        PipelineOptions options() {
            return new PipelineOptions(
                    backend,
                    precision,
                    adapter,
                    batchSize,
                    truncation,
                    truncationStrategy,
                    weightType,
                    maxLength,
                    ignoreUnused,
                    warmUp,
                    dynamicBatching);
        }
    }
}

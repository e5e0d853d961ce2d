package detangle.train;

import detangle.backend.ComputePrecision;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * These options say how a model is trained. They have the meaning and, written in Java's way, the names of
 * HuggingFace's {@code TrainingArguments}; {@link #DEFAULT} has its defaults.
 *
 * @param recipe the trainer that is followed where HuggingFace's and microsoft's differ
 * @param seed the seed of the order of rows and of dropout
 * @param dataSeed the seed of the order of rows, if it has its own
 * @param numTrainEpochs the number of times that all rows are taken; it may have a fraction
 * @param maxSteps the number of updates, whatever the number of epochs; 0 if the number of epochs decides
 * @param perDeviceTrainBatchSize see {@link BatchPlan}
 * @param gradientAccumulationSteps see {@link BatchPlan}
 * @param optimizer the options of how parameters are updated
 * @param evaluation the options of when the model is evaluated and which evaluation is the best
 * @param saving the options of where and when checkpoints are written
 * @param packing whether padding is left out of the computation, forward and backward, where the model allows it
 * @param gradientCheckpointing whether the backward pass computes each layer of the encoder again, so that only the
 *     layer's input is kept until then: it takes less memory and more time, and gives the same bits
 * @param backend the name of the backend; empty for the preferred one
 * @param precision in which the backend computes products, forward and backward; parameters, sums and updates are in
 *     fp32. A backend that does not train in it is refused
 */
public record TrainingOptions(
        Recipe recipe,
        long seed,
        OptionalLong dataSeed,
        double numTrainEpochs,
        long maxSteps,
        int perDeviceTrainBatchSize,
        int gradientAccumulationSteps,
        OptimizerOptions optimizer,
        EvaluationOptions evaluation,
        SavingOptions saving,
        boolean packing,
        boolean gradientCheckpointing,
        Optional<String> backend,
        ComputePrecision precision) {
    /** HuggingFace's defaults; nothing is evaluated or saved. */
    public static final TrainingOptions DEFAULT = new TrainingOptions(
            Recipe.HUGGINGFACE,
            42,
            OptionalLong.empty(),
            3,
            0,
            8,
            1,
            OptimizerOptions.HUGGINGFACE,
            EvaluationOptions.NONE,
            SavingOptions.NONE,
            true,
            false,
            Optional.empty(),
            ComputePrecision.FP32);

    /** The defaults of microsoft's trainer; nothing is evaluated or saved. */
    public static final TrainingOptions MICROSOFT = DEFAULT.with(o -> {
        o.recipe = Recipe.MICROSOFT;
        o.seed = 1234;
        o.perDeviceTrainBatchSize = 64;
        o.optimizer = OptimizerOptions.MICROSOFT;
    });

    /** @throws TrainingException if a number is outside its range */
    public TrainingOptions {
        if (maxSteps < 0) {
            throw new TrainingException(
                    "max_steps is " + maxSteps + ": it must be at least 1, or 0 where num_train_epochs says how long");
        }
        if (maxSteps == 0 && !(numTrainEpochs > 0 && numTrainEpochs < Integer.MAX_VALUE)) {
            throw new TrainingException("num_train_epochs is " + numTrainEpochs + ": it must be above 0 and below "
                    + Integer.MAX_VALUE + ", or max_steps say how many updates there are");
        }
        if (perDeviceTrainBatchSize < 1 || gradientAccumulationSteps < 1) {
            throw new TrainingException("per_device_train_batch_size is " + perDeviceTrainBatchSize
                    + " and gradient_accumulation_steps is " + gradientAccumulationSteps + ": both must be at least 1");
        }
    }

    public TrainingOptions withSeed(long value) {
        return with(o -> o.seed = value);
    }

    public TrainingOptions withDataSeed(long value) {
        return with(o -> o.dataSeed = OptionalLong.of(value));
    }

    public TrainingOptions withNumTrainEpochs(double epochs) {
        return with(o -> o.numTrainEpochs = epochs);
    }

    public TrainingOptions withMaxSteps(long steps) {
        return with(o -> o.maxSteps = steps);
    }

    public TrainingOptions withPerDeviceTrainBatchSize(int rows) {
        return with(o -> o.perDeviceTrainBatchSize = rows);
    }

    public TrainingOptions withGradientAccumulationSteps(int steps) {
        return with(o -> o.gradientAccumulationSteps = steps);
    }

    public TrainingOptions with(OptimizerOptions other) {
        return with(o -> o.optimizer = other);
    }

    public TrainingOptions with(EvaluationOptions other) {
        return with(o -> o.evaluation = other);
    }

    public TrainingOptions with(SavingOptions other) {
        return with(o -> o.saving = other);
    }

    public TrainingOptions withPacking(boolean wanted) {
        return with(o -> o.packing = wanted);
    }

    public TrainingOptions withGradientCheckpointing(boolean wanted) {
        return with(o -> o.gradientCheckpointing = wanted);
    }

    public TrainingOptions withBackend(String name) {
        return with(o -> o.backend = Optional.of(name));
    }

    public TrainingOptions withPrecision(ComputePrecision value) {
        return with(o -> o.precision = value);
    }

    /** Returns the seed of the order of rows, which {@link Batches} take. */
    public long orderSeed() {
        return dataSeed.orElse(seed);
    }

    /**
     * Returns how rows are divided into updates and micro-batches. HuggingFace counts the rows of a micro-batch in each
     * process, and microsoft the rows of an update in all of them.
     *
     * @param processes the number of processes that train together
     */
    public BatchPlan batchPlan(int rows, int processes) {
        return new BatchPlan(recipe, rows, batch(processes), gradientAccumulationSteps);
    }

    int batch(int processes) {
        return recipe == Recipe.HUGGINGFACE
                ? Math.multiplyExact(perDeviceTrainBatchSize, processes)
                : perDeviceTrainBatchSize;
    }

    /** Returns the number of updates that training has. */
    long updates(Batches batches) {
        if (maxSteps > 0) {
            return maxSteps;
        }
        double updates = switch (recipe) {
            case HUGGINGFACE -> Math.ceil(numTrainEpochs * batches.updates());
            // The last batch of each epoch may be smaller, so that less than the last epoch is taken.
            case MICROSOFT -> Math.floor(batches.rows() * numTrainEpochs / perDeviceTrainBatchSize);
        };
        if (updates < 1) {
            throw new TrainingException("num_train_epochs is " + numTrainEpochs + ", and that is not one batch of "
                    + perDeviceTrainBatchSize + " out of " + batches.rows()
                    + " rows: take more epochs or smaller batches");
        }
        return (long) updates;
    }

    private TrainingOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components as fields, so that one of them can be set by its name. */
    private static final class Draft {
        private Recipe recipe;
        private long seed;
        private OptionalLong dataSeed;
        private double numTrainEpochs;
        private long maxSteps;
        private int perDeviceTrainBatchSize;
        private int gradientAccumulationSteps;
        private OptimizerOptions optimizer;
        private EvaluationOptions evaluation;
        private SavingOptions saving;
        private boolean packing;
        private boolean gradientCheckpointing;
        private Optional<String> backend;
        private ComputePrecision precision;

        Draft(TrainingOptions options) {
            recipe = options.recipe;
            seed = options.seed;
            dataSeed = options.dataSeed;
            numTrainEpochs = options.numTrainEpochs;
            maxSteps = options.maxSteps;
            perDeviceTrainBatchSize = options.perDeviceTrainBatchSize;
            gradientAccumulationSteps = options.gradientAccumulationSteps;
            optimizer = options.optimizer;
            evaluation = options.evaluation;
            saving = options.saving;
            packing = options.packing;
            gradientCheckpointing = options.gradientCheckpointing;
            backend = options.backend;
            precision = options.precision;
        }

        TrainingOptions options() {
            return new TrainingOptions(
                    recipe,
                    seed,
                    dataSeed,
                    numTrainEpochs,
                    maxSteps,
                    perDeviceTrainBatchSize,
                    gradientAccumulationSteps,
                    optimizer,
                    evaluation,
                    saving,
                    packing,
                    gradientCheckpointing,
                    backend,
                    precision);
        }
    }
}

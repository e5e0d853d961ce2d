package detangle.train;

import java.util.Optional;

/**
 * How a model is trained. Options have the meaning and, written in Java's way, the names of HuggingFace's
 * {@code TrainingArguments}, whose defaults are those of {@link #DEFAULT}.
 *
 * @param recipe whose way is followed where the two differ
 * @param seed what the order of rows and dropout follow from
 * @param numTrainEpochs how often all rows are taken; may have a fraction
 * @param maxSteps how many updates there are, whatever the number of epochs; 0 if the epochs say it
 * @param perDeviceTrainBatchSize see {@link BatchPlan}
 * @param gradientAccumulationSteps see {@link BatchPlan}
 * @param optimizer how parameters are updated
 * @param evaluation when the model is evaluated, and which one is the best
 * @param saving where and when checkpoints are written
 * @param packing whether padding is neither computed forward nor backward, where the model allows it
 * @param backend what it runs on; the preferred one if there is none
 */
public record TrainingOptions(
        Recipe recipe,
        long seed,
        double numTrainEpochs,
        long maxSteps,
        int perDeviceTrainBatchSize,
        int gradientAccumulationSteps,
        OptimizerOptions optimizer,
        EvaluationOptions evaluation,
        SavingOptions saving,
        boolean packing,
        Optional<String> backend) {
    /** HuggingFace's defaults; nothing is evaluated or saved. */
    public static final TrainingOptions DEFAULT = new TrainingOptions(
            Recipe.HUGGINGFACE,
            42,
            3,
            0,
            8,
            1,
            OptimizerOptions.HUGGINGFACE,
            EvaluationOptions.NONE,
            SavingOptions.NONE,
            true,
            Optional.empty());

    /** The defaults of microsoft's trainer; nothing is evaluated or saved. */
    public static final TrainingOptions MICROSOFT = new TrainingOptions(
            Recipe.MICROSOFT,
            1234,
            3,
            0,
            64,
            1,
            OptimizerOptions.MICROSOFT,
            EvaluationOptions.NONE,
            SavingOptions.NONE,
            true,
            Optional.empty());

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
        return new TrainingOptions(
                recipe,
                value,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                saving,
                packing,
                backend);
    }

    public TrainingOptions withNumTrainEpochs(double epochs) {
        return new TrainingOptions(
                recipe,
                seed,
                epochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                saving,
                packing,
                backend);
    }

    public TrainingOptions withMaxSteps(long steps) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                steps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                saving,
                packing,
                backend);
    }

    public TrainingOptions withPerDeviceTrainBatchSize(int rows) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                rows,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                saving,
                packing,
                backend);
    }

    public TrainingOptions withGradientAccumulationSteps(int steps) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                steps,
                optimizer,
                evaluation,
                saving,
                packing,
                backend);
    }

    public TrainingOptions with(OptimizerOptions other) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                other,
                evaluation,
                saving,
                packing,
                backend);
    }

    public TrainingOptions with(EvaluationOptions other) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                other,
                saving,
                packing,
                backend);
    }

    public TrainingOptions with(SavingOptions other) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                other,
                packing,
                backend);
    }

    public TrainingOptions withPacking(boolean wanted) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                saving,
                wanted,
                backend);
    }

    public TrainingOptions withBackend(String name) {
        return new TrainingOptions(
                recipe,
                seed,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                optimizer,
                evaluation,
                saving,
                packing,
                Optional.of(name));
    }

    /** How many updates training has. */
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
}

package detangle.train;

import java.nio.file.Path;
import java.util.Optional;

/**
 * These options say where and when checkpoints are written. The names are HuggingFace's.
 *
 * @param outputDir the folder in which each checkpoint is a folder {@code checkpoint-N}, after N updates
 * @param saveStrategy the moments at which checkpoints are written
 * @param saveSteps the number of updates between checkpoints, for {@link Moment#STEPS}; a share of all updates if it is
 *     less than 1
 * @param saveTotalLimit the most checkpoints that are kept: the oldest are deleted, but never the best; 0 keeps all
 * @param resume whether training goes on from the newest checkpoint in the folder, if there is one
 * @param resumesFrom the checkpoint from which training goes on, in the folder or elsewhere; with {@code resume}, if
 *     the folder has none
 * @param overwrites whether training deletes the checkpoints in the folder that it does not go on from; otherwise it
 *     refuses the folder
 */
public record SavingOptions(
        Optional<Path> outputDir,
        Moment saveStrategy,
        double saveSteps,
        int saveTotalLimit,
        boolean resume,
        Optional<Path> resumesFrom,
        boolean overwrites) {
    /** Nothing is written. */
    public static final SavingOptions NONE =
            new SavingOptions(Optional.empty(), Moment.NEVER, 500, 0, false, Optional.empty(), false);

    /** @throws TrainingException if a number is outside its range, or there is no folder to write to */
    public SavingOptions {
        if (!(saveSteps > 0) || saveTotalLimit < 0) {
            throw new TrainingException("save_steps is " + saveSteps + " and save_total_limit is " + saveTotalLimit
                    + ": the one must be above 0, the other 0 or more");
        }
        if (outputDir.isEmpty() && (saveStrategy != Moment.NEVER || resume || resumesFrom.isPresent())) {
            throw new TrainingException("checkpoints need a folder: set output_dir");
        }
    }

    /** Returns options that write checkpoints into a folder, at the end of each epoch. */
    public static SavingOptions in(Path outputDir) {
        return new SavingOptions(Optional.of(outputDir), Moment.EPOCH, 500, 0, false, Optional.empty(), false);
    }

    public SavingOptions withStrategy(Moment strategy, double steps) {
        return new SavingOptions(outputDir, strategy, steps, saveTotalLimit, resume, resumesFrom, overwrites);
    }

    public SavingOptions withSaveTotalLimit(int saveTotalLimit) {
        return new SavingOptions(outputDir, saveStrategy, saveSteps, saveTotalLimit, resume, resumesFrom, overwrites);
    }

    public SavingOptions withResume(boolean wanted) {
        return new SavingOptions(outputDir, saveStrategy, saveSteps, saveTotalLimit, wanted, resumesFrom, overwrites);
    }

    /** Sets a checkpoint from which training goes on, instead of the newest one. */
    public SavingOptions withResumeFrom(Path checkpoint) {
        return new SavingOptions(
                outputDir, saveStrategy, saveSteps, saveTotalLimit, resume, Optional.of(checkpoint), overwrites);
    }

    public SavingOptions withOverwrites(boolean wanted) {
        return new SavingOptions(outputDir, saveStrategy, saveSteps, saveTotalLimit, resume, resumesFrom, wanted);
    }

    /**
     * Makes the folder ready for a training that may be begun several times, where others begin it again after a
     * failure: checkpoints that it does not go on with are deleted or refused now, as a training does when it begins.
     *
     * @return options by which each beginning goes on from the newest checkpoint of this training
     * @throws TrainingException if there are such checkpoints and they are not to be deleted
     */
    public SavingOptions prepared() {
        if (outputDir.isEmpty()) {
            return this;
        }
        Checkpoints checkpoints = new Checkpoints(outputDir.get());
        checkpoints.deleteParts();
        Optional<Path> start = checkpoints.start(this);
        checkpoints.clear(start, overwrites);
        return new SavingOptions(outputDir, saveStrategy, saveSteps, saveTotalLimit, true, start, false);
    }
}

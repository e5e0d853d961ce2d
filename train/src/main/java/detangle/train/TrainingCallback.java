package detangle.train;

import java.nio.file.Path;
import java.util.SequencedMap;

/** Is told how training goes, on the thread that trains. */
public interface TrainingCallback {
    /** Before the first update, and after a checkpoint has been read. */
    default void onBegin(Begin begin) {}

    /** After each update. */
    default void onStep(Step step) {}

    /** After an evaluation. */
    default void onEvaluate(Evaluation evaluation) {}

    /** After a checkpoint has been written. */
    default void onSave(Path checkpoint) {}

    /** Whether training is to end after the update that has just been done. */
    default boolean stops() {
        return false;
    }

    /**
     * What training is about to do.
     *
     * @param done how many updates a checkpoint has brought
     * @param updates how many there are in all, those included
     * @param perEpoch how many an epoch has
     * @param memory what it is going to take
     */
    record Begin(long done, long updates, int perEpoch, TrainingMemory memory) {}

    /**
     * An update.
     *
     * @param done how many updates have been done, this one included
     * @param updates how many there are in all
     * @param epoch how many epochs have been done, with a fraction
     * @param loss of its rows before the update
     * @param gradNorm the norm of its gradients, before clipping
     * @param learningRate what it was done with
     * @param rows how many rows it took
     */
    record Step(long done, long updates, double epoch, double loss, double gradNorm, double learningRate, int rows) {}

    /**
     * An evaluation.
     *
     * @param done how many updates have been done
     * @param epoch how many epochs have been done, with a fraction
     * @param metrics by name
     * @param isBest whether it is the best so far
     */
    record Evaluation(long done, double epoch, SequencedMap<String, Double> metrics, boolean isBest) {}
}

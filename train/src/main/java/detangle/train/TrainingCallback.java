package detangle.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;

/** A listener that is told of the progress of training, on the thread that trains. */
public interface TrainingCallback {
    /**
     * Called before the first update, after a checkpoint has been read. Nothing has been deleted by then, so that a
     * callback may refuse what it has kept in the checkpoint.
     */
    default void onBegin(Begin begin) {}

    /** Called after each update. */
    default void onStep(Step step) {}

    /** Called after each evaluation. */
    default void onEvaluate(Evaluation evaluation) {}

    /**
     * Returns what a checkpoint keeps, so that the callback goes on from it: values by names that no other callback
     * has. {@link Begin#kept} returns them.
     */
    default Map<String, JsonNode> kept() {
        return Map.of();
    }

    /** Called after a checkpoint has been written. */
    default void onSave(Path checkpoint) {}

    /** Returns whether training should end after the update that has just been done. */
    default boolean stops() {
        return false;
    }

    /**
     * The beginning of a training.
     *
     * @param done the number of updates of the checkpoint that training goes on from; 0 without one
     * @param updates the number of all updates, those included
     * @param perEpoch the number of updates in an epoch
     * @param memory the memory that training will take
     * @param checkpoint the fields of the checkpoint that training goes on from; empty without one
     * @param file the file that has them, for messages
     */
    record Begin(
            long done,
            long updates,
            int perEpoch,
            TrainingMemory memory,
            Optional<JsonNode> checkpoint,
            Optional<Path> file) {
        /**
         * Returns what a callback has kept in the checkpoint under a name, if training goes on from one that has it.
         */
        public Optional<JsonNode> kept(String name) {
            return checkpoint.flatMap(fields -> fields.optional(name));
        }
    }

    /**
     * An update.
     *
     * @param done the number of updates that have been done, this one included
     * @param updates the number of all updates
     * @param epoch the number of epochs that have been done, with a fraction
     * @param loss the loss of its rows before the update; the sum of the phases' losses
     * @param gradNorm the norm of its gradients, before clipping; that of the first phase
     * @param learningRate the learning rate of the update; that of the first phase
     * @param rows the number of its rows
     * @param phases the phases of the update, in their order
     */
    record Step(
            long done,
            long updates,
            double epoch,
            double loss,
            double gradNorm,
            double learningRate,
            int rows,
            List<Phase> phases) {}

    /**
     * A phase of an update.
     *
     * @param name the name of the phase
     * @param loss the loss of the phase
     * @param gradNorm the norm of its gradients, before clipping
     * @param learningRate the learning rate of the phase
     * @param measures the other numbers that the phase reports, by name
     */
    record Phase(
            String name, double loss, double gradNorm, double learningRate, SequencedMap<String, Double> measures) {}

    /**
     * An evaluation.
     *
     * @param done the number of updates that have been done
     * @param epoch the number of epochs that have been done, with a fraction
     * @param metrics the metrics by name
     * @param isBest whether the evaluation is the best so far
     */
    record Evaluation(long done, double epoch, SequencedMap<String, Double> metrics, boolean isBest) {}
}

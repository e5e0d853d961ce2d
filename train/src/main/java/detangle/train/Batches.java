package detangle.train;

import java.util.List;
import java.util.Optional;

/**
 * The batches that a trainer takes. The implementation decides on the order of the rows, from a seed and the number
 * of the epoch; {@link BatchPlan} says how that order is divided.
 */
public interface Batches {
    /** Returns the number of updates of the parameters in an epoch, at least one. */
    int updates();

    /**
     * Returns the micro-batches of an update: their gradients are added up before the parameters change. Several are
     * refused unless {@link TrainingOptions#gradientAccumulationSteps} is above 1. The answer
     * depends on the arguments alone, so that training can go on at any update after it was interrupted.
     *
     * @param epoch the number of the epoch, from 0
     * @param update the number of the update in its epoch, from 0
     * @return at least one
     */
    List<Batch> update(int epoch, int update);

    /**
     * Returns the batches of one of several processes that train together. They have the same updates, the same number
     * of micro-batches in each, and the same {@link #rows} and {@link #checksum}. Each micro-batch is a slice of this
     * one's: rows that stand beside each other, so that the slices of all processes together are the whole. A slice is
     * empty, without inputs, if there are more processes than rows.
     *
     * @param rank the number of the process, from 0
     * @param size the number of processes
     * @throws TrainingException if these batches cannot be divided
     */
    default Batches slice(int rank, int size) {
        throw new TrainingException("these batches cannot be divided among " + size
                + " processes: implement slice, or train in one process");
    }

    /** Returns the number of rows of an epoch. */
    long rows();

    /**
     * Returns the name of the rule by which rows are ordered, if there are several. A training that goes on refuses
     * another one.
     */
    default Optional<String> order() {
        return Optional.empty();
    }

    /**
     * Returns a checksum of the content of the rows. A training that goes on refuses rows with another one; 0 is not
     * compared.
     */
    default long checksum() {
        return 0;
    }
}

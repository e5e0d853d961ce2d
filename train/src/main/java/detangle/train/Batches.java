package detangle.train;

import java.util.List;

/**
 * What a trainer is fed with. Whoever implements it decides on the order of the rows, from a seed and the number
 * of the epoch; {@link BatchPlan} says how that order is divided.
 */
public interface Batches {
    /** How many updates of the parameters an epoch has: at least one. */
    int updates();

    /**
     * The micro-batches of an update: their gradients are added up before the parameters change. The answer depends on
     * the arguments alone, so that training can go on at any update after it was interrupted.
     *
     * @param epoch counted from 0
     * @param update its place in the epoch, counted from 0
     * @return at least one
     */
    List<Batch> update(int epoch, int update);

    /** How many rows an epoch has. */
    long rows();

    /**
     * A number that follows from what the rows hold, by which a training that goes on knows other rows; 0 where nothing
     * is said of them.
     */
    default long checksum() {
        return 0;
    }
}

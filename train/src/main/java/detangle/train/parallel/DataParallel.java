package detangle.train.parallel;

import detangle.train.TrainingException;

/**
 * The way in which processes train one model together: each takes a slice of the rows of every batch.
 *
 * @param group the processes
 * @param syncEvery 1 if gradients are averaged in each update, so that all processes have the parameters that a single
 *     process would have; otherwise the number of updates that each process does by itself before parameters and states
 *     of the optimizer are averaged (local SGD: Stich 2018, Local SGD Converges Fast and Communicates Little)
 */
public record DataParallel(ProcessGroup group, int syncEvery) {
    /** A process that trains alone. */
    public static final DataParallel ALONE = new DataParallel(ProcessGroup.ALONE, 1);

    /** @throws TrainingException if {@code syncEvery} is less than 1 */
    public DataParallel {
        if (syncEvery < 1) {
            throw new TrainingException("sync_every is " + syncEvery + ": it must be at least 1");
        }
    }

    /** Returns processes that average gradients in each update. */
    public static DataParallel of(ProcessGroup group) {
        return new DataParallel(group, 1);
    }

    public DataParallel withSyncEvery(int updates) {
        return new DataParallel(group, updates);
    }

    /** Returns whether processes update parameters by themselves between two averages. */
    public boolean isLocal() {
        return syncEvery > 1 && group.size() > 1;
    }
}

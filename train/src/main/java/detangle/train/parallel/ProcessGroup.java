package detangle.train.parallel;

/**
 * The processes that train one model together, as one of them sees them. Its methods are collective: every process
 * calls the same ones in the same order, with as many numbers, and waits for the others.
 */
public interface ProcessGroup extends AutoCloseable {
    /** A process that trains alone: sums over all processes are its own numbers. */
    ProcessGroup ALONE = new Alone();

    /** Returns the number of this process, from 0. */
    int rank();

    /** Returns the number of processes. */
    int size();

    /**
     * Replaces numbers by their sums over all processes. All processes get the same bits, and the order in which
     * numbers are added depends on the size of the group and of the array alone.
     *
     * @throws PeerException if another process is gone or does not answer
     */
    void allReduce(float[] values);

    /**
     * Replaces numbers by their sums over all processes, as {@link #allReduce(float[])} does.
     *
     * @throws PeerException if another process is gone or does not answer
     */
    void allReduce(double[] values);

    /** Leaves the group, so that processes which wait for this one find that it is gone. */
    @Override
    void close();
}

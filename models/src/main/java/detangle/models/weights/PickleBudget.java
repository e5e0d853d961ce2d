package detangle.models.weights;

/**
 * Bounds the cost of reading the pickles of one file. A few bytes of a pickle can ask for any amount of work and
 * memory, so both are counted where they are spent. The bounds are far above any released model: a checkpoint of 1 000
 * tensors takes about 40 000 instructions and two megabytes.
 */
final class PickleBudget {
    static final long MAX_INSTRUCTIONS = 4_000_000;
    static final long MAX_BYTES = 64L << 20;

    /** The bytes that objects take in memory, roughly and rather too many. */
    static final int REFERENCE_BYTES = 8;

    static final int NUMBER_BYTES = 24;
    static final int TEXT_BYTES = 56;
    static final int CONTAINER_BYTES = 80;
    static final int MAP_ENTRY = 64;

    private long instructions;
    private long bytes;

    /** Counts one instruction, or one step of another kind. */
    void step() {
        steps(1);
    }

    /**
     * Counts several steps.
     *
     * @throws PickleException if there are then too many of them
     */
    void steps(long count) {
        instructions += count;
        if (instructions > MAX_INSTRUCTIONS) {
            throw new PickleException("a pickle of more than " + MAX_INSTRUCTIONS + " instructions, which is the most");
        }
    }

    /**
     * Counts memory.
     *
     * @throws PickleException if there is then too much of it
     */
    void bytes(long count) {
        bytes += count;
        if (bytes > MAX_BYTES) {
            throw new PickleException(
                    "a pickle whose objects take more than " + (MAX_BYTES >> 20) + " MiB of memory, which is the most");
        }
    }
}

package detangle.backend.vector;

/** Computes one function of a region for a block: it reads registers and writes another one. */
@FunctionalInterface
interface BlockStep {
    /** @param size the number of elements of the block that count */
    void run(BlockRegisters registers, int size);
}

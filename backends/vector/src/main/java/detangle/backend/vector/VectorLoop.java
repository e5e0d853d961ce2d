package detangle.backend.vector;

/**
 * A region as one generated loop over vectors of floats, which reads operands and writes results in memory, without
 * blocks between them ({@link VectorLoopCompiler}).
 */
@FunctionalInterface
interface VectorLoop {
    /**
     * Computes elements of all results. All operands of a vector are read before its results are written.
     *
     * @param arrays the arrays of operands, then those of results; null for an operand that is not read
     * @param at the place of the first element of each array
     * @param from the number of the first element
     * @param to the number behind the last element; {@code to - from} is a multiple of the vectors' length
     */
    void run(float[][] arrays, int[] at, int from, int to);
}

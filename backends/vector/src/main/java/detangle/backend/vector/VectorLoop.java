package detangle.backend.vector;

/**
 * A region as one generated loop over vectors of floats, which reads operands and writes results where they stand
 * ({@link VectorLoopCompiler}).
 */
@FunctionalInterface
interface VectorLoop {
    /**
     * Computes elements of all results. All operands of a vector are read before its results are written.
     *
     * @param arrays the arrays of operands, then those of results; null for an operand that is not read
     * @param at where the first element of each stands
     * @param from the first element
     * @param to behind the last one, a multiple of the vectors' length away from the first
     */
    void run(float[][] arrays, int[] at, int from, int to);
}

package detangle.backend.vector.kernel;

/** The innermost product, for one number of rows; {@link TileCompiler} makes them. */
public interface Tile {
    /**
     * {@code c[i][j] = first[i][j] + sum_k a[k][i] b[k][j]} for a few rows of A, packed {@code [K][rows]}, and one
     * panel of B, packed {@code [K][WIDTH]}. {@code first} may be c itself, so that a product can continue another one.
     *
     * @param firstStride floats between rows of {@code first}; 0 for one row that is the same for all, such as a bias
     * @param ldc floats between rows of c
     */
    void run(
            float[] a,
            int ao,
            float[] b,
            int bo,
            int k,
            float[] first,
            int firstAt,
            int firstStride,
            float[] c,
            int co,
            int ldc);
}

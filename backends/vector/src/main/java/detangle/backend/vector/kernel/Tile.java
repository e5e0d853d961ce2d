package detangle.backend.vector.kernel;

/** The innermost product, for one number of rows; {@link TileCompiler} makes them. */
interface Tile {
    /**
     * {@code c[i][j] = from[i][j] + sum_k a[k][i] b[k][j]} for a few rows of A, packed {@code [K][rows]}, and one panel of
     * B, packed {@code [K][WIDTH]}.
     *
     * @param from a bias, with 0 floats between rows, or c itself
     * @param ldc floats between rows of c
     */
    void run(
            float[] a,
            int ao,
            float[] b,
            int bo,
            int k,
            float[] from,
            int fromAt,
            int fromStride,
            float[] c,
            int co,
            int ldc);

    /** Packs the tile's rows of A, {@code stride} apart from {@code row} on, as {@code [K][rows]} from {@code at} on. */
    void pack(float[] from, int row, int stride, int k, float[] to, int at);
}

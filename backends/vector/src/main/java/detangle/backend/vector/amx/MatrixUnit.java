package detangle.backend.vector.amx;

/**
 * Multiplies tiles of bfloat16, by the processor or, where the processor cannot, in Java. Both give the same bits, except
 * for those of NaN.
 *
 * <p>A product reads its rows and its panel in the order of tiles, 32 elements of the depth a step. Elements beyond the
 * depth are zero on both sides.
 *
 * <ul>
 *   <li>Rows come in blocks of 32, of which the last may have fewer: {@code [step][tile][row of 16][32]}, with one tile
 *       where a block has 16 rows or fewer, else two. What stands in rows beyond the last is not read.
 *   <li>The panel has 32 columns: {@code [step][tile of 2][pair of 16][column of 16][2]}. Columns beyond the last are
 *       there, and not read.
 * </ul>
 */
public interface MatrixUnit {
    /** Bytes of a row of a tile. */
    int TILE_ROW = 64;

    /** Rows of a tile. */
    int TILE_ROWS = 16;

    /** Bytes of a tile. */
    int TILE = TILE_ROWS * TILE_ROW;

    /** The most rows of a block. */
    int BLOCK_ROWS = 2 * TILE_ROWS;

    /** Columns of a panel. */
    int PANEL_COLUMNS = 32;

    /** Elements of the depth that a step multiplies. */
    int DEPTH = 32;

    /**
     * The most steps of a product, those of all its blocks together. A step of a block of 32 rows has four
     * multiplications of 16 cycles, so these are half a million cycles: a quarter of a millisecond at 2 GHz, and less
     * than a whole one where operands come from a cache that is slower than the unit. The garbage collector waits for
     * a call that long at most.
     */
    int CALL_STEPS = 8192;

    /** Rounds rows of floats to bfloat16 in the order of tiles. */
    void run(TilePacking packing);

    /** Multiplies blocks of rows by a panel. */
    void run(TileProduct product);

    /** Returns how many tiles some rows, or columns of a panel, take. */
    static int tiles(int rows) {
        return Math.ceilDiv(rows, TILE_ROWS);
    }
}

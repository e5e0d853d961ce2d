package detangle.backend.vector.kernel;

import detangle.ir.OneLine;
import java.util.List;
import java.util.Optional;

/**
 * The height of tiles, and whether C2 is kept from moving loads between rows: see {@link TileCompiler}. What is fastest
 * depends on the processor and on the JDK. Products use a default unless {@link TileTuner} has found something better
 * for linear layers.
 *
 * @param rows the most rows of a tile, even
 */
public record TileShape(int rows, boolean fence) {
    /** The property that forces a shape on all products, such as {@code 14}, or {@code 6f} with fences. */
    static final String PROPERTY = "detangle.vector.tile";

    /**
     * Up to so many rows more than a tile are left to the first tile's height: a panel that comes from memory, as with
     * a short sequence, is then waited for less.
     */
    private static final int FEW_MORE = 4;

    private static final int LONGEST_BITS = 512;
    private static final int MANY_REGISTERS = 32;
    private static final int FEW_REGISTERS = 16;

    /**
     * The default, 8 rows where there are 32 vector registers: whatever C2 moves to the top of the loop, 16 sums, 2
     * vectors of B and 8 of A fit, so that nothing is spilled in any process. With taller tiles that is left to its
     * schedule.
     */
    static final TileShape DEFAULT = hasManyRegisters() ? new TileShape(8, false) : new TileShape(6, true);

    /**
     * The default of linear layers with many rows: a panel that is too large for the first-level cache is read once by
     * so many rows.
     */
    static final TileShape DEFAULT_OF_MANY = hasManyRegisters() ? new TileShape(12, false) : DEFAULT;

    static final List<TileShape> CANDIDATES = List.of(
            new TileShape(6, true),
            new TileShape(6, false),
            new TileShape(8, false),
            new TileShape(12, false),
            new TileShape(14, false));

    /** Returns whether vectors have 32 registers, as with AVX-512 and on Arm, and not 16. */
    private static boolean hasManyRegisters() {
        return Lanes.SPECIES.vectorBitSize() == LONGEST_BITS
                || System.getProperty("os.arch", "").equals("aarch64");
    }

    /** Returns whether sums, vectors of B and one of A have registers of their own. */
    boolean fitsRegisters() {
        int vectors = PackedMatrix.WIDTH / Lanes.COUNT;
        return vectors * rows + vectors + 1 <= (hasManyRegisters() ? MANY_REGISTERS : FEW_REGISTERS);
    }

    /**
     * Returns the shape that {@link #PROPERTY} forces, if any.
     *
     * @throws KernelPropertyException if the property holds anything else
     */
    public static Optional<TileShape> forced() {
        return Optional.ofNullable(System.getProperty(PROPERTY)).map(TileShape::parse);
    }

    /**
     * Returns the candidate of a name.
     *
     * @throws KernelPropertyException if it is none of the candidates
     */
    public static TileShape parse(String text) {
        return known(text)
                .orElseThrow(() -> new KernelPropertyException(PROPERTY + " is '" + OneLine.of(text)
                        + "', which is not a shape of tiles: give one of " + CANDIDATES + ", or leave it out"));
    }

    /** Returns the candidate of a name, if it is one. */
    static Optional<TileShape> known(String text) {
        return CANDIDATES.stream().filter(c -> c.toString().equals(text)).findFirst();
    }

    /**
     * Returns the height of the lowest tile that has so many rows: one or an even number, as each is code to be
     * compiled.
     */
    static int height(int rows) {
        return rows == 1 ? 1 : Lanes.roundUp(rows, 2);
    }

    /** Returns the rows of the tile that begins {@code left} rows before the end: all of them have about one height. */
    int next(int left) {
        int tiles = left <= rows + FEW_MORE ? 1 : Math.ceilDiv(left, rows);
        int even = height(Math.min(rows, Math.ceilDiv(left, tiles)));
        return even <= left ? even : even == 2 ? 1 : even - 2;
    }

    @Override
    public String toString() {
        return rows + (fence ? "f" : "");
    }
}

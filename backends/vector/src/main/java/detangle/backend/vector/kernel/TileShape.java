package detangle.backend.vector.kernel;

import java.util.List;

/**
 * How large tiles are and whether C2 is kept from moving loads between rows: see {@link TileCompiler}. What is fastest
 * depends on the processor and on the JDK, so it is measured, once for each ({@link TileTuner}).
 *
 * @param rows the most rows of a tile, even
 */
public record TileShape(int rows, boolean fence) {
    /** The property that forces a shape, such as {@code 14}, or {@code 6f} with fences. */
    static final String PROPERTY = "detangle.vector.tile";

    static final List<TileShape> CANDIDATES = List.of(
            new TileShape(6, true),
            new TileShape(6, false),
            new TileShape(8, false),
            new TileShape(12, false),
            new TileShape(14, false));

    static TileShape chosen() {
        String forced = System.getProperty(PROPERTY);
        return forced == null ? TileTuner.fastest() : parse(forced);
    }

    /** An {@link IllegalArgumentException} if it is none of the candidates. */
    public static TileShape parse(String text) {
        return CANDIDATES.stream()
                .filter(c -> c.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        PROPERTY + "=" + text + " is no shape of tiles: use one of " + CANDIDATES));
    }

    @Override
    public String toString() {
        return rows + (fence ? "f" : "");
    }
}

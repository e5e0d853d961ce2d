package detangle.backend.vector.kernel;

/**
 * Classes of linear layers by the rows of their input, each with a shape of tiles of its own: they are bound by
 * different things.
 */
enum TileRows {
    /** A query: weights come from memory, and each panel meets one tile or two. */
    FEW(16, "few rows"),

    /** A paragraph or a batch: a panel stays in the cache while it meets many tiles. */
    MANY(128, "many rows");

    /** The most rows that are few. */
    private static final int MOST_FEW = 32;

    private final int typical;
    private final String text;

    TileRows(int typical, String text) {
        this.typical = typical;
        this.text = text;
    }

    static TileRows of(int rows) {
        return rows <= MOST_FEW ? FEW : MANY;
    }

    /** Returns the shape of tiles where nothing is known. */
    TileShape standard() {
        return this == FEW ? TileShape.DEFAULT : TileShape.DEFAULT_OF_MANY;
    }

    /** Returns a number of rows that is typical of the class. */
    int typical() {
        return typical;
    }

    @Override
    public String toString() {
        return text;
    }
}

package detangle.backend.tornado.cublaslt;

/** How {@link AttentionPtx} divides its work, and where its matrices lie in the shared memory of a group of threads. */
final class AttentionLayout {
    /** The number of threads of a group. */
    static final int THREADS = 128;

    /** The number of queries of a group, and of keys of a step. */
    static final int TILE = 64;

    static final int WARPS = 4;
    static final int WARP = 32;

    /** The rows of a product that a warp computes. */
    static final int ROWS = TILE / WARPS;

    /** The distances between a tile of queries and one of keys, and one that nobody reads. */
    static final int DISTANCES = 2 * TILE;

    /** The blocks of as many distances as a warp has rows; half of them are new in each step. */
    static final int BLOCKS = DISTANCES / ROWS;

    /** The distances that the rows of a warp meet, and one column that nobody reads. */
    static final int SPAN = ROWS + TILE;

    /**
     * The elements between two rows of terms of queries, and of keys: threads that read side by side meet in few banks
     * of shared memory, and a multiprocessor of Hopper has room for three groups.
     */
    static final int QUERY_PITCH = SPAN;

    static final int KEY_PITCH = SPAN + 8;

    /** The groups of threads that a multiprocessor is to have at the same time, which bounds the registers of each. */
    static final int GROUPS = 3;

    /** Bytes that one instruction copies to shared memory. */
    static final int CHUNK = 16;

    static final int BYTES = Short.BYTES;

    /** The columns of a product of one instruction. */
    static final int COLUMNS = 8;

    /** The depth of a product of one instruction. */
    static final int DEPTH = 16;

    final AttentionPtx.Form form;

    /** Whether there are terms of positions. */
    final boolean terms;

    /** The width of rows, where zeros stand behind short ones. */
    final int depth;

    /** The elements between two rows. */
    final int pitch;

    // Where values begin behind the keys, rows of the tables for queries and for keys, and the terms of both.
    final int values;
    final int queryRows;
    final int keyRows;
    final int queryTerms;
    final int keyTerms;

    /** The bytes of shared memory of a group. */
    final int bytes;

    AttentionLayout(AttentionPtx.Form form) {
        this.form = form;
        this.terms = form.c2p() || form.p2c();
        this.depth = Math.max(form.width(), DEPTH);
        // Rows whose distance is an odd number of 16 bytes: eight of them, one below the other, have all banks.
        this.pitch = depth + CHUNK / BYTES;
        int matrix = TILE * pitch * BYTES;
        this.values = matrix;
        this.queryRows = values + matrix;
        this.keyRows = queryRows + (form.c2p() ? DISTANCES * pitch * BYTES : 0);
        this.queryTerms = keyRows + (form.p2c() ? DISTANCES * pitch * BYTES : 0);
        this.keyTerms = queryTerms + (form.c2p() ? TILE * QUERY_PITCH * BYTES : 0);
        this.bytes = keyTerms + (form.p2c() ? TILE * KEY_PITCH * BYTES : 0);
    }
}

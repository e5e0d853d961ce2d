package detangle.backend.vector.kernel;

/** The operands of attention, which are set before each run in objects that stay, so that a run makes none. */
public final class AttentionOperands {
    /** The place of the heads of q, k, v or the result: element (row,h,e) at {@code offset + (row*A + h)*d + e}. */
    public static final class Heads {
        float[] data = {};
        int offset;

        private Heads() {}

        public void set(float[] memory, int from) {
            data = memory;
            offset = from;
        }
    }

    /** The rows of sequences: n has those from {@code segments[segmentsAt + n]} to the next, at ascending positions. */
    public static final class Rows {
        private int[] segments = {};
        private int segmentsAt;
        private int[] positions = {};
        private int positionsAt;

        /** Those of a batch of sequences of one length, which are kept for the next run of the same. */
        private int[] ownSegments = {};

        private int[] ownPositions = {};
        private int batch = -1;
        private int length = -1;

        private Rows() {}

        public void set(int[] segmentMemory, int segmentsFrom, int[] positionMemory, int positionsFrom) {
            segments = segmentMemory;
            segmentsAt = segmentsFrom;
            positions = positionMemory;
            positionsAt = positionsFrom;
        }

        /** A batch of sequences of one length. */
        public void set(int sequences, int tokens) {
            if (sequences != batch || tokens != length) {
                batch = sequences;
                length = tokens;
                ownSegments = atLeast(ownSegments, batch + 1);
                ownPositions = atLeast(ownPositions, batch * length);
                for (int i = 0; i <= batch; i++) {
                    ownSegments[i] = i * length;
                }
                for (int i = 0; i < batch * length; i++) {
                    ownPositions[i] = i % length;
                }
            }
            set(ownSegments, 0, ownPositions, 0);
        }

        private static int[] atLeast(int[] array, int size) {
            return array.length < size ? new int[size] : array;
        }

        int begin(int sequence) {
            return segments[segmentsAt + sequence];
        }

        int position(int row) {
            return positions[positionsAt + row];
        }
    }

    /**
     * i1 by bytes: whether query q of a sequence b sees the key at place k is at
     * {@code offset + b*perBatch + q*perQuery + k*perKey}.
     */
    public static final class Mask {
        boolean present;
        byte[] data = {};
        int offset;
        int perBatch;
        int perQuery;
        int perKey;

        private Mask() {}

        /** Every query sees all keys of its sequence. */
        public void setNone() {
            present = false;
        }

        public void set(byte[] memory, int from, int batchStride, int queryStride, int keyStride) {
            present = true;
            data = memory;
            offset = from;
            perBatch = batchStride;
            perQuery = queryStride;
            perKey = keyStride;
        }
    }

    /** The position tables of each head, packed, and the table of rows. */
    public static final class Positions {
        /** Stands in the place of tables that a kernel does not read. */
        public static final KeptPanels[] ABSENT = {};

        KeptPanels[] keys = ABSENT;
        KeptPanels[] queries = ABSENT;
        RelativeTable table = RelativeTable.NONE;

        private Positions() {}

        /** Scores without position terms. */
        public void setNone() {
            set(ABSENT, ABSENT, RelativeTable.NONE);
        }

        /** A table of rows for position tables that the kernel packs by itself. */
        public void set(RelativeTable rows) {
            set(ABSENT, ABSENT, rows);
        }

        /**
         * @param keyTables and {@code queryTables}: a matrix for each head in the form that the kernel multiplies, of
         *     floats or of tiles, or {@link #ABSENT}
         */
        public void set(KeptPanels[] keyTables, KeptPanels[] queryTables, RelativeTable rows) {
            keys = keyTables;
            queries = queryTables;
            table = rows;
        }
    }

    /**
     * The dropout of probabilities. A probability is dropped if its random number is below the rate. The number depends
     * on the place of the head, the query and the key: in {@code [B,A,Q,S]} for padded sequences, and in
     * {@code [A,Q,T]} for packed ones, where queries and keys are counted over all sequences.
     */
    public static final class Dropout {
        boolean present;
        float rate;
        float scale;
        long seed;
        long stream;
        private boolean packed;
        private long allQueries;
        private long allKeys;

        private Dropout() {}

        /** Makes the dropout that drops nothing. */
        public void setNone() {
            present = false;
        }

        public void set(double probability, long ofSeed, long ofStream) {
            present = true;
            rate = (float) probability;
            scale = (float) (1 / (1 - probability));
            seed = ofSeed;
            stream = ofStream;
        }

        /** Makes the dropout of sequences that are padded to one length. */
        public void padded() {
            packed = false;
        }

        /** Makes the dropout of packed sequences, which have a number of queries and of keys together. */
        public void packed(int queries, int keys) {
            packed = true;
            allQueries = queries;
            allKeys = keys;
        }

        /**
         * Returns the place of a query's first key.
         *
         * @param query the number of the query among all queries of all sequences; the first key of its sequence
         *     likewise
         * @param queriesOfSequence the number of queries of its sequence; keys likewise
         */
        long place(
                int sequence, int head, int heads, int query, int firstKey, int queriesOfSequence, int keysOfSequence) {
            if (packed) {
                return (head * allQueries + query) * allKeys + firstKey;
            }
            long row =
                    ((long) sequence * heads + head) * queriesOfSequence + query - (long) sequence * queriesOfSequence;
            return row * keysOfSequence;
        }
    }

    final Heads q = new Heads();
    final Heads k = new Heads();
    final Heads v = new Heads();
    final Heads out = new Heads();
    final Rows queries = new Rows();
    final Rows keys = new Rows();
    final Mask mask = new Mask();
    final Positions positions = new Positions();
    final Dropout dropout = new Dropout();

    AttentionOperands() {}

    public Heads q() {
        return q;
    }

    public Heads k() {
        return k;
    }

    public Heads v() {
        return v;
    }

    public Heads out() {
        return out;
    }

    /** Returns the sequences of q and of the result. */
    public Rows queries() {
        return queries;
    }

    /** Returns the sequences of k and v. */
    public Rows keys() {
        return keys;
    }

    public Mask mask() {
        return mask;
    }

    public Positions positions() {
        return positions;
    }

    public Dropout dropout() {
        return dropout;
    }
}

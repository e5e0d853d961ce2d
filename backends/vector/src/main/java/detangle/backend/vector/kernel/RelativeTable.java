package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;

import detangle.ir.interpreter.InterpreterException;
import java.util.Arrays;

/**
 * The table of relative positions in the forms that the attention kernel reads: for a query at position i and a key at
 * j, the position row is {@code byKey[j - i + origin]}, so that neighbouring keys are neighbours in memory.
 */
public final class RelativeTable {
    /** Stands in the place of a table that is not there. */
    static final RelativeTable NONE = new RelativeTable();

    private int origin;
    private int[] byKey = {};
    private int[] diagonal = {};
    private int[] windows = {};
    private float[] places = {};
    private int least;
    private int most = -1;
    private boolean narrow = true;
    private int stride = COUNT;
    private boolean[] whole = {};
    private float[] sources = {};
    private boolean reversed = true;

    /** A table of nothing, to be set. */
    public RelativeTable() {}

    /**
     * Sets the table, in the arrays that there are where it fits into them.
     *
     * @param table from {@code from} on, the row of the position tables for {@code i - j + centre}
     * @param length how many differences there are
     * @param positions rows of the position tables
     */
    public void set(int[] table, int from, int length, int centre, int positions) {
        origin = length - 1 - centre;
        // Not a power of two, so that rows of terms do not all fall into the same sets of the cache.
        stride = Lanes.roundUp(positions, PackedMatrix.WIDTH) + COUNT;
        // Vectors may run past the last key; what they read there is masked, but must exist.
        int keys = length + PackedMatrix.WIDTH;
        if (byKey.length < keys) {
            byKey = new int[keys];
            diagonal = new int[(keys - COUNT) * COUNT];
            windows = new int[keys - COUNT];
            places = new float[(keys - COUNT) * COUNT];
        }
        least = positions;
        most = -1;
        for (int n = 0; n < length; n++) {
            byKey[n] = table[from + length - 1 - n];
            if (byKey[n] < 0 || byKey[n] >= positions) {
                throw new InterpreterException(
                        "relative position " + byKey[n] + " is outside a table of " + positions + " rows");
            }
            least = Math.min(least, byKey[n]);
            most = Math.max(most, byKey[n]);
        }
        // What stands there is the last difference's, so that windows stay narrow.
        Arrays.fill(byKey, length, keys, length > 0 ? byKey[length - 1] : 0);
        narrow = true;
        reversed = false;
        for (int n = 0; n < keys - COUNT; n++) {
            int least = Integer.MAX_VALUE;
            for (int lane = 0; lane < COUNT; lane++) {
                diagonal[n * COUNT + lane] = lane * stride + byKey[n + lane];
                least = Math.min(least, byKey[n + lane]);
            }
            windows[n] = least;
            for (int lane = 0; lane < COUNT; lane++) {
                int place = byKey[n + lane] - least;
                places[n * COUNT + lane] = place;
                narrow &= place < COUNT;
            }
        }
    }

    boolean isEmpty() {
        return most < 0;
    }

    /** Returns the least row. */
    int least() {
        return least;
    }

    /** Returns the last row. */
    int most() {
        return most;
    }

    int origin() {
        return origin;
    }

    /** Floats from the terms of one query or key to those of the next. */
    int stride() {
        return stride;
    }

    /** Returns the row for each difference. */
    int[] byKey() {
        return byKey;
    }

    /**
     * Returns for each difference a vector's map from the terms of as many keys, {@link #stride} apart, to one of each.
     */
    int[] diagonal() {
        return diagonal;
    }

    /**
     * Returns whether as many neighbouring differences as a vector has lanes have rows that lie as near together, as
     * buckets do: then a vector from {@link #windows} on, its lanes moved to {@link #places}, spares a gather.
     */
    boolean isNarrow() {
        return narrow;
    }

    /** Returns for each difference the least row of a vector's differences from it on. */
    int[] windows() {
        return windows;
    }

    /** Returns for each difference a vector's lanes in the window. */
    float[] places() {
        return places;
    }

    /**
     * Computes {@link #whole} and {@link #sources}, which gradients read, unless the table is unchanged since the last
     * time. One thread does this before others read them.
     */
    void reverse() {
        if (reversed) {
            return;
        }
        if (whole.length < windows.length) {
            whole = new boolean[windows.length];
            sources = new float[windows.length * COUNT];
        }
        for (int n = 0; n < windows.length; n++) {
            int seen = 0;
            for (int lane = 0; lane < COUNT; lane++) {
                int place = (int) places[n * COUNT + lane];
                if (place < COUNT) {
                    seen |= 1 << place;
                    sources[n * COUNT + place] = lane;
                }
            }
            whole[n] = seen == (1 << COUNT) - 1;
        }
        reversed = true;
    }

    /** Returns for each difference whether each lane of the window from there on is the place of one difference. */
    boolean[] whole() {
        return whole;
    }

    /**
     * Returns for each difference at which the window is {@link #whole} the lane that has each place of the window.
     */
    float[] sources() {
        return sources;
    }

    /** Returns the panels of the position table that {@code [from, to]} of j - i + origin touch: first and last. */
    long panels(int from, int to) {
        return panels(from, to, PackedMatrix.WIDTH);
    }

    /** Returns the same of panels of some columns. */
    long panels(int from, int to, int columns) {
        int low = Integer.MAX_VALUE;
        int high = 0;
        for (int n = from; n <= to; n++) {
            low = Math.min(low, byKey[n]);
            high = Math.max(high, byKey[n]);
        }
        return (long) (low / columns) << 32 | high / columns;
    }
}

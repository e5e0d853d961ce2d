package detangle.backend.vector;

import detangle.ir.DType;

/**
 * The memory of one run at a time, an array for each type of elements. It grows to what runs need, and can be let go
 * of.
 */
final class Arenas {
    private static final DType[] TYPES = DType.values();

    private final Object[] arrays = new Object[TYPES.length];
    private final long[] lengths = new long[TYPES.length];

    /** The most elements that a run has needed since {@link #trim} was last called. */
    private final long[] peaks = new long[TYPES.length];

    /** Says that a run needs so many elements of each type, by ordinal. */
    void need(long[] elements) {
        for (int i = 0; i < arrays.length; i++) {
            peaks[i] = Math.max(peaks[i], elements[i]);
        }
    }

    /** Returns whether there is room for so many elements, which a run needs. */
    boolean fit(long[] elements) {
        need(elements);
        boolean fit = true;
        for (int i = 0; i < arrays.length; i++) {
            fit &= arrays[i] != null && elements[i] <= lengths[i];
        }
        return fit;
    }

    /** Makes room; what is in an array that grows is lost. */
    void grow(long[] elements) {
        for (int i = 0; i < arrays.length; i++) {
            if (arrays[i] == null || elements[i] > lengths[i]) {
                letGo(i);
            }
        }
        for (int i = 0; i < arrays.length; i++) {
            if (arrays[i] == null) {
                arrays[i] = Memory.newArray(TYPES[i], Math.toIntExact(elements[i]));
                lengths[i] = elements[i];
            }
        }
    }

    private void letGo(int type) {
        arrays[type] = null;
        lengths[type] = 0;
    }

    Object array(DType dtype) {
        return arrays[dtype.ordinal()];
    }

    /** Lets go of arrays of which no run since the last call has needed half; returns whether there were some. */
    boolean trim() {
        boolean trimmed = false;
        for (int i = 0; i < arrays.length; i++) {
            if (peaks[i] < lengths[i] / 2) {
                letGo(i);
                trimmed = true;
            }
            peaks[i] = 0;
        }
        return trimmed;
    }
}

package detangle.backend.vector;

import detangle.ir.interpreter.InterpreterException;

/**
 * The rows of packed attention, checked at each run: the kernel goes by it to places in memory, where
 * other values stand too.
 *
 * @param what the rows are, for messages
 * @param segments where each sequence begins, and the last ends
 * @param positions of the rows
 * @param length the place of the size in the {@link SizeTable} that no position reaches
 */
record PackedRows(String what, FrameValue segments, FrameValue positions, int length) {
    /** Attention reserves places from the first position to the last. */
    private static final int LONGEST = 1 << 20;

    /**
     * Checks that the segments ascend and stay inside the rows.
     *
     * @throws InterpreterException if they do not; it says which one
     */
    void check(Frame f) {
        long longest = f.sizes()[length];
        if (longest < 0 || longest > LONGEST) {
            throw new InterpreterException(
                    "packed attention over " + longest + " positions is not possible; up to " + LONGEST + " are");
        }
        int[] begins = f.ints(segments);
        int at = f.offset(segments);
        int[] places = f.ints(positions);
        int last = f.dim(segments, 0) - 1;
        int rows = f.dim(positions, 0);
        if (last < 0 || begins[at] != 0 || begins[at + last] != rows) {
            throw new InterpreterException("the " + what + " segments do not begin at 0 and end at " + rows);
        }
        for (int n = 0; n < last; n++) {
            int end = begins[at + n + 1];
            if (end < begins[at + n] || end > rows) {
                throw new InterpreterException("the " + what + " segments do not ascend at " + n);
            }
            int before = -1;
            for (int row = begins[at + n]; row < end; row++) {
                int position = places[f.offset(positions) + row];
                if (position <= before || position >= longest) {
                    throw new InterpreterException("the " + what + " position " + position + " of row " + row
                            + " does not ascend from 0 to " + (longest - 1));
                }
                before = position;
            }
        }
    }
}

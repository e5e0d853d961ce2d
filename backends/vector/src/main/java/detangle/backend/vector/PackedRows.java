package detangle.backend.vector;

import detangle.ir.interpreter.InterpreterException;

/**
 * What packed attention is told of its rows, checked at each run: the kernel goes by it to places in memory, where other values stand
 * too.
 *
 * @param what the rows are, for messages
 * @param segments where each sequence begins, and the last ends
 * @param positions of the rows
 * @param length no position reaches it
 */
record PackedRows(String what, View segments, View positions, long length) {
    /** Attention reserves places from the first position to the last. */
    private static final int LONGEST = 1 << 20;

    PackedRows {
        if (length < 0 || length > LONGEST) {
            throw new InterpreterException(
                    "packed attention over " + length + " positions is not possible; up to " + LONGEST + " are");
        }
    }

    /** An {@link InterpreterException} that says what does not ascend, or leads outside. */
    void check() {
        int last = segments.dim(0) - 1;
        if (last < 0 || segment(0) != 0 || segment(last) != positions.dim(0)) {
            throw new InterpreterException(
                    "the " + what + " segments do not begin at 0 and end at " + positions.dim(0));
        }
        for (int n = 0; n < last; n++) {
            if (segment(n + 1) < segment(n) || segment(n + 1) > positions.dim(0)) {
                throw new InterpreterException("the " + what + " segments do not ascend at " + n);
            }
            int before = -1;
            for (int row = segment(n); row < segment(n + 1); row++) {
                int position = positions.ints()[positions.offset() + row];
                if (position <= before || position >= length) {
                    throw new InterpreterException("the " + what + " position " + position + " of row " + row
                            + " does not ascend from 0 to " + (length - 1));
                }
                before = position;
            }
        }
    }

    private int segment(int n) {
        return segments.ints()[segments.offset() + n];
    }
}

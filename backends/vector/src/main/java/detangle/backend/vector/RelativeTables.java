package detangle.backend.vector;

import detangle.backend.vector.kernel.RelativeTable;

/**
 * The tables of relative positions of one run at a time in the form that attention reads: all layers of a model share
 * one.
 */
final class RelativeTables {
    private final Entry[] entries;

    /** A table, and what it was last made of. */
    private static final class Entry {
        private final RelativeTable table = new RelativeTable();
        private Object array;
        private int offset;
        private int length = -1;
        private int centre;
        private int rows;
        private long run;
    }

    RelativeTables(int count) {
        entries = new Entry[count];
        for (int i = 0; i < count; i++) {
            entries[i] = new Entry();
        }
    }

    /**
     * Returns the form of a value, made anew where it would differ.
     *
     * @param number of the table among those of the program
     * @param lasts whether the value stays the same as long as its array and offset do, and not for this run alone
     * @param centre the place of the difference 0 in the value
     * @param rows of the tables of positions
     */
    RelativeTable get(Frame frame, int number, FrameValue value, boolean lasts, int centre, int rows) {
        Entry entry = entries[number];
        int length = frame.elements(value);
        boolean same = entry.array == frame.array(value)
                && entry.offset == frame.offset(value)
                && entry.length == length
                && entry.centre == centre
                && entry.rows == rows
                && (lasts || entry.run == frame.run());
        if (!same) {
            entry.length = -1; // If the table cannot be made, the entry must not pass for one that is there.
            entry.table.set(frame.ints(value), frame.offset(value), length, centre, rows);
            entry.array = frame.array(value);
            entry.offset = frame.offset(value);
            entry.length = length;
            entry.centre = centre;
            entry.rows = rows;
            entry.run = frame.run();
        }
        return entry.table;
    }
}

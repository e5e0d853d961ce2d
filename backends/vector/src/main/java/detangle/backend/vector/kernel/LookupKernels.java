package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import detangle.ir.InternalException;
import detangle.ir.interpreter.InterpreterException;
import jdk.incubator.vector.FloatVector;

/**
 * Look-ups of elements by ids, and their gradients, which are sums at ids. Ids are {@code int[]} or {@code long[]}. An
 * id outside of its table is an {@link InterpreterException}. Each sum is taken in the order of the ids by one thread.
 */
public final class LookupKernels {
    private static final int ELEMENTS_PER_TASK = 1 << 14;

    private LookupKernels() {}

    /**
     * Adds rows of updates to the rows of a table that the ids name. All ids are checked before anything is changed.
     *
     * @param count the number of ids
     * @param table {@code [rows,size]} from {@code to} on
     */
    public static void addRows(
            Object ids, int idsAt, int count, float[] updates, int from, float[] table, int to, int rows, int size) {
        int[] places = Scratch.get().ints(count);
        for (int i = 0; i < count; i++) {
            places[i] = (int) checked(id(ids, idsAt + i), rows);
        }
        int columns = Lanes.roundUp(Math.ceilDiv(size, 4 * WorkerPool.SHARED.threads()), 4 * COUNT);
        WorkerPool.SHARED.run(Math.ceilDiv(size, columns), task -> {
            int first = task * columns;
            int width = Math.min(columns, size - first);
            for (int i = 0; i < count; i++) {
                add(updates, from + i * size + first, table, to + places[i] * size + first, width);
            }
        });
    }

    private static void add(float[] x, int xo, float[] sums, int so, int count) {
        int i = 0;
        for (; i + COUNT <= count; i += COUNT) {
            FloatVector.fromArray(SPECIES, sums, so + i)
                    .add(FloatVector.fromArray(SPECIES, x, xo + i))
                    .intoArray(sums, so + i);
        }
        for (; i < count; i++) {
            sums[so + i] += x[xo + i];
        }
    }

    /**
     * Computes {@code out[r,t] = data[r,index[r,t]]}.
     *
     * @param width the number of columns of data
     * @param indexRows the beginning of the index of each row, counted from {@code indexAt}
     * @param step the distance from an element of the index to the next
     */
    public static void gatherLast(
            float[] data,
            int from,
            int width,
            Object index,
            int indexAt,
            Places indexRows,
            int step,
            int rows,
            int columns,
            float[] out,
            int to) {
        overRows(rows, columns, r -> {
            int at = indexAt + indexRows.at(r);
            int source = from + r * width;
            int target = to + r * columns;
            switch (index) {
                case int[] ids -> gatherRow(ids, at, step, data, source, width, out, target, columns);
                case long[] ids -> gatherRow(ids, at, step, data, source, width, out, target, columns);
                default -> throw notIds(index);
            }
        });
    }

    private static void gatherRow(
            int[] ids, int at, int step, float[] data, int from, int width, float[] out, int to, int columns) {
        for (int t = 0; t < columns; t++) {
            out[to + t] = data[from + (int) checked(ids[at + t * step], width)];
        }
    }

    private static void gatherRow(
            long[] ids, int at, int step, float[] data, int from, int width, float[] out, int to, int columns) {
        for (int t = 0; t < columns; t++) {
            out[to + t] = data[from + (int) checked(ids[at + t * step], width)];
        }
    }

    /**
     * Computes {@code sums[r,index[r,t]] += updates[r,t]}.
     *
     * @param columns the number of columns of updates
     * @param width the number of columns of sums
     */
    public static void addLast(
            float[] updates,
            int from,
            int columns,
            Object index,
            int indexAt,
            Places indexRows,
            int step,
            int rows,
            int width,
            float[] sums,
            int to) {
        overRows(rows, columns, r -> {
            int at = indexAt + indexRows.at(r);
            int source = from + r * columns;
            int target = to + r * width;
            switch (index) {
                case int[] ids -> addRow(ids, at, step, updates, source, columns, sums, target, width);
                case long[] ids -> addRow(ids, at, step, updates, source, columns, sums, target, width);
                default -> throw notIds(index);
            }
        });
    }

    private static void addRow(
            int[] ids, int at, int step, float[] updates, int from, int columns, float[] sums, int to, int width) {
        for (int t = 0; t < columns; t++) {
            sums[to + (int) checked(ids[at + t * step], width)] += updates[from + t];
        }
    }

    private static void addRow(
            long[] ids, int at, int step, float[] updates, int from, int columns, float[] sums, int to, int width) {
        for (int t = 0; t < columns; t++) {
            sums[to + (int) checked(ids[at + t * step], width)] += updates[from + t];
        }
    }

    private static void overRows(int rows, int columns, WorkerPool.Task row) {
        int rowsPerTask = Math.max(1, ELEMENTS_PER_TASK / Math.max(1, columns));
        WorkerPool.SHARED.run(Math.ceilDiv(rows, rowsPerTask), task -> {
            int last = Math.min(rows, (task + 1) * rowsPerTask);
            for (int r = task * rowsPerTask; r < last; r++) {
                row.run(r);
            }
        });
    }

    /** Returns id i of an array of either type. */
    public static long id(Object ids, int i) {
        return switch (ids) {
            case int[] all -> all[i];
            case long[] all -> all[i];
            default -> throw notIds(ids);
        };
    }

    /** Returns an id, after a check that it lies in the table. */
    public static long checked(long id, int rows) {
        if (id < 0 || id >= rows) {
            throw new InterpreterException("id " + id + " is outside a table of " + rows + " rows");
        }
        return id;
    }

    private static InternalException notIds(Object ids) {
        return new InternalException("ids do not live in " + ids.getClass());
    }
}

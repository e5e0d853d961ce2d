package detangle.backend.vector;

import detangle.ir.InternalException;
import detangle.ir.Tensor;
import detangle.ir.interpreter.InterpreterException;
import java.util.Arrays;
import java.util.List;

/** Copies between values of any element type, and values that are made of places alone. */
final class Movement {
    private Movement() {}

    static Step copy(FrameValue from, FrameValue to) {
        return f -> System.arraycopy(f.array(from), f.offset(from), f.array(to), f.offset(to), f.elements(to));
    }

    static Step broadcast(FrameValue from, FrameValue to) {
        int lead = to.rank() - from.rank();
        return f -> {
            StridedCopy copy = f.stridedCopy();
            copy.clear();
            for (int axis = 0; axis < to.rank(); axis++) {
                int own = axis - lead;
                boolean repeats = own < 0 || f.dim(from, own) == 1;
                copy.axis(f.dim(to, axis), repeats ? 0 : f.elements(from, own + 1, from.rank()));
            }
            copy.run(f.array(from), f.offset(from), f.array(to), f.offset(to));
        };
    }

    static Step transpose(FrameValue from, List<Integer> permutation, FrameValue to) {
        int[] axes = permutation.stream().mapToInt(axis -> axis).toArray();
        return f -> {
            StridedCopy copy = f.stridedCopy();
            copy.clear();
            for (int axis : axes) {
                copy.axis(f.dim(from, axis), f.elements(from, axis + 1, from.rank()));
            }
            copy.run(f.array(from), f.offset(from), f.array(to), f.offset(to));
        };
    }

    /** Places of an axis from the one that a size says. */
    static Step slice(int axis, FrameValue from, int start, FrameValue to) {
        return f -> along(f, axis, from, f.size(start), to, 0, f.dim(to, axis));
    }

    /** Values one after another along an axis. */
    static Step concat(int axis, List<FrameValue> parts, FrameValue to) {
        FrameValue[] all = parts.toArray(FrameValue[]::new);
        return f -> {
            int at = 0;
            for (FrameValue part : all) {
                int count = f.dim(part, axis);
                along(f, axis, part, 0, to, at, count);
                at += count;
            }
        };
    }

    /** The places of an axis behind so many zeros, and zeros behind them up to the end of the result's. */
    static Step pad(int axis, FrameValue from, int before, FrameValue to) {
        return f -> {
            int inner = f.elements(from, axis + 1, from.rank());
            int outer = f.elements(from, 0, axis);
            int front = f.size(before) * inner;
            int behind = front + f.dim(from, axis) * inner;
            int all = f.dim(to, axis) * inner;
            for (int o = 0; o < outer; o++) {
                int begin = f.offset(to) + o * all;
                clear(f.array(to), begin, begin + front);
                clear(f.array(to), begin + behind, begin + all);
            }
            along(f, axis, from, 0, to, f.size(before), f.dim(from, axis));
        };
    }

    private static void clear(Object array, int from, int to) {
        switch (array) {
            case float[] a -> Arrays.fill(a, from, to, 0);
            case double[] a -> Arrays.fill(a, from, to, 0);
            case int[] a -> Arrays.fill(a, from, to, 0);
            case long[] a -> Arrays.fill(a, from, to, 0);
            case byte[] a -> Arrays.fill(a, from, to, (byte) 0);
            case short[] a -> Arrays.fill(a, from, to, (short) 0);
            default -> throw new InternalException("values do not live in " + array.getClass());
        }
    }

    /** Copies places {@code [start, start + count)} of an axis to places from {@code at} of the result's. */
    private static void along(Frame f, int axis, FrameValue from, int start, FrameValue to, int at, int count) {
        int inner = f.elements(from, axis + 1, from.rank());
        int outer = f.elements(from, 0, axis);
        int fromStep = f.dim(from, axis) * inner;
        int toStep = f.dim(to, axis) * inner;
        int fromStart = f.offset(from) + start * inner;
        int toStart = f.offset(to) + at * inner;
        for (int o = 0; o < outer; o++) {
            System.arraycopy(f.array(from), fromStart + o * fromStep, f.array(to), toStart + o * toStep, count * inner);
        }
    }

    /** @param element an array with the one that stands everywhere */
    static Step fill(Object element, FrameValue to) {
        return f -> {
            StridedCopy copy = f.stridedCopy();
            copy.clear();
            copy.axis(f.elements(to), 0);
            copy.run(element, 0, f.array(to), f.offset(to));
        };
    }

    /**
     * The place along an axis, counted from a size.
     *
     * @param to of i32 or i64
     */
    static Step iota(int axis, int start, FrameValue to) {
        return f -> {
            int inner = f.elements(to, axis + 1, to.rank());
            int size = f.dim(to, axis);
            int count = f.elements(to);
            int offset = f.offset(to);
            switch (f.array(to)) {
                case int[] out -> {
                    for (int i = 0; i < count; i++) {
                        out[offset + i] = f.size(start) + i / inner % size;
                    }
                }
                case long[] out -> {
                    for (int i = 0; i < count; i++) {
                        out[offset + i] = f.sizes()[start] + i / inner % size;
                    }
                }
                default -> throw new InternalException("there is no iota of " + to.dtype());
            }
        };
    }

    /** {@code out[i,j] = table[i - j + columns - 1]}, of i32 or i64. */
    static Step toeplitz(FrameValue table, FrameValue to) {
        return f -> {
            int rows = f.dim(to, 0);
            int columns = f.dim(to, 1);
            int first = f.offset(table) + columns - 1;
            switch (f.array(to)) {
                case int[] out -> {
                    int[] from = f.ints(table);
                    for (int i = 0; i < rows; i++) {
                        int at = f.offset(to) + i * columns;
                        for (int j = 0; j < columns; j++) {
                            out[at + j] = from[first + i - j];
                        }
                    }
                }
                case long[] out -> {
                    long[] from = f.longs(table);
                    for (int i = 0; i < rows; i++) {
                        int at = f.offset(to) + i * columns;
                        for (int j = 0; j < columns; j++) {
                            out[at + j] = from[first + i - j];
                        }
                    }
                }
                default -> throw new InternalException("there is no toeplitz of " + to.dtype());
            }
        };
    }

    /** Rows of a table at ids. */
    static Step gather(FrameValue table, FrameValue ids, FrameValue to) {
        return f -> {
            int rows = f.dim(table, 0);
            int size = f.elements(table, 1, table.rank());
            int count = f.elements(ids);
            for (int i = 0; i < count; i++) {
                int row = row(f, ids, i, rows);
                System.arraycopy(
                        f.array(table), f.offset(table) + row * size, f.array(to), f.offset(to) + i * size, size);
            }
        };
    }

    /** Rows of a stored table, of the result's type, at ids. */
    static Step gather(Tensor table, FrameValue ids, FrameValue to) {
        int rows = Math.toIntExact(table.dim(0));
        return f -> {
            int size = f.elements(to, ids.rank(), to.rank());
            int count = f.elements(ids);
            for (int i = 0; i < count; i++) {
                f.set(to, i * size, size, table, (long) row(f, ids, i, rows) * size);
            }
        };
    }

    /** {@code out[...,s,t] = data[...,s,index[...,s,t]]}. */
    static Step gatherLast(FrameValue data, FrameValue index, FrameValue to) {
        return f -> {
            int columns = f.dim(to, -1);
            int width = f.dim(data, -1);
            int rows = f.rows(to);
            int step = Broadcasts.rows(f, index, to, f.left());
            float[] from = f.floats(data);
            float[] out = f.floats(to);
            for (int r = 0; r < rows; r++) {
                int at = f.left().at(r);
                int source = f.offset(data) + r * width;
                int target = f.offset(to) + r * columns;
                for (int t = 0; t < columns; t++) {
                    out[target + t] = from[source + row(f, index, at + t * step, width)];
                }
            }
        };
    }

    /** Zeros, and rows added at ids. */
    static Step scatterAdd(FrameValue ids, FrameValue updates, FrameValue to) {
        return f -> {
            int rows = f.dim(to, 0);
            int size = f.elements(to, 1, to.rank());
            int count = f.elements(ids);
            float[] sums = f.floats(to);
            float[] terms = f.floats(updates);
            Arrays.fill(sums, f.offset(to), f.offset(to) + f.elements(to), 0);
            for (int i = 0; i < count; i++) {
                int sum = f.offset(to) + row(f, ids, i, rows) * size;
                int term = f.offset(updates) + i * size;
                for (int j = 0; j < size; j++) {
                    sums[sum + j] += terms[term + j];
                }
            }
        };
    }

    private static int row(Frame f, FrameValue ids, int i, int rows) {
        int at = f.offset(ids) + i;
        long id = f.array(ids) instanceof long[] longs ? longs[at] : f.ints(ids)[at];
        if (id < 0 || id >= rows) {
            throw new InterpreterException("id " + id + " is outside a table of " + rows + " rows");
        }
        return (int) id;
    }
}

package detangle.backend.vector;

import detangle.backend.vector.kernel.VectorPhilox;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.InternalException;
import java.util.Arrays;
import java.util.List;

/** Copies between values of any element type, and values that are made of places alone. */
final class Movement {
    private Movement() {}

    /** The number of elements that are worth a task of their own. */
    private static final int ELEMENTS_PER_TASK = 1 << 18;

    static Step copy(FrameValue from, FrameValue to) {
        return f -> inParts(
                f.elements(to),
                (begin, count) -> System.arraycopy(
                        f.array(from), f.offset(from) + begin, f.array(to), f.offset(to) + begin, count));
    }

    static Step zeros(FrameValue to) {
        return f -> inParts(
                f.elements(to),
                (begin, count) -> clear(f.array(to), f.offset(to) + begin, f.offset(to) + begin + count));
    }

    /** Random numbers of a stream, by their places. */
    static Step random(FrameValue seed, long stream, FrameValue to) {
        return f -> {
            long key = f.longs(seed)[f.offset(seed)];
            inParts(
                    f.elements(to),
                    (begin, count) ->
                            VectorPhilox.uniform(key, stream, begin, f.floats(to), f.offset(to) + begin, count));
        };
    }

    /** Some neighbouring elements. */
    @FunctionalInterface
    private interface Part {
        void run(int begin, int count);
    }

    /** Large values move as fast as memory lets all threads together. */
    private static void inParts(int elements, Part part) {
        WorkerPool.SHARED.run(Math.ceilDiv(elements, ELEMENTS_PER_TASK), task -> {
            int begin = task * ELEMENTS_PER_TASK;
            part.run(begin, Math.min(ELEMENTS_PER_TASK, elements - begin));
        });
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

    /** Returns values one after another along an axis. */
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

    /** Returns the places of an axis behind so many zeros, and zeros behind them up to the end of the result's. */
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
     * Returns the place along an axis, counted from a size.
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
}

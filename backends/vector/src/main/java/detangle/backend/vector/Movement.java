package detangle.backend.vector;

import detangle.ir.DType;
import detangle.ir.Strides;
import detangle.ir.Tensor;
import detangle.ir.interpreter.InterpreterException;
import java.util.Arrays;
import java.util.List;

/** Copies between memories of any element type. */
final class Movement {
    private Movement() {}

    static Step copy(View from, View to) {
        int count = to.elements();
        return () -> System.arraycopy(from.array(), from.offset(), to.array(), to.offset(), count);
    }

    /** Reads through strides: transposes and broadcasts. Runs along the last axis are copied whole where they can be. */
    static Step strided(View from, int[] strides, View to) {
        int rank = to.rank();
        int run = rank > 0 && (strides[rank - 1] == 1 || to.dim(-1) == 1) ? to.dim(-1) : 1;
        int outerRank = run > 1 ? rank - 1 : rank;
        int[] offsets = Strides.offsets(Arrays.copyOf(to.shape(), outerRank), Arrays.copyOf(strides, outerRank));
        return () -> {
            for (int i = 0; i < offsets.length; i++) {
                System.arraycopy(from.array(), from.offset() + offsets[i], to.array(), to.offset() + i * run, run);
            }
        };
    }

    static Step transpose(View from, List<Integer> permutation, View to) {
        int[] own = Strides.of(from.shape());
        return strided(from, permutation.stream().mapToInt(p -> own[p]).toArray(), to);
    }

    /** Places {@code [start, start + count)} of an axis, to places from {@code at} of the result's. */
    static Step along(int axis, View from, int start, View to, int at, int count) {
        int inner = 1;
        for (int i = axis + 1; i < from.rank(); i++) {
            inner *= from.dim(i);
        }
        int outer = View.elements(Arrays.copyOf(from.shape(), axis));
        int run = count * inner;
        int fromStep = from.dim(axis) * inner;
        int toStep = to.dim(axis) * inner;
        int fromStart = from.offset() + start * inner;
        int toStart = to.offset() + at * inner;
        return () -> {
            for (int o = 0; o < outer; o++) {
                System.arraycopy(from.array(), fromStart + o * fromStep, to.array(), toStart + o * toStep, run);
            }
        };
    }

    /** The places of an axis behind so many zeros, and zeros behind them up to the end of the result's. */
    static Step pad(int axis, View from, int before, View to) {
        int inner = 1;
        for (int i = axis + 1; i < from.rank(); i++) {
            inner *= from.dim(i);
        }
        int outer = View.elements(Arrays.copyOf(from.shape(), axis));
        int front = before * inner;
        int behind = front + from.dim(axis) * inner;
        int all = to.dim(axis) * inner;
        Step copy = along(axis, from, 0, to, before, from.dim(axis));
        return () -> {
            for (int o = 0; o < outer; o++) {
                to.clear(o * all, front);
                to.clear(o * all + behind, all - behind);
            }
            copy.run();
        };
    }

    /** Rows of a table at ids. */
    static Step gather(View table, View ids, View to) {
        int size = rowSize(table);
        int count = ids.elements();
        return () -> {
            for (int i = 0; i < count; i++) {
                int row = row(ids, i, table.dim(0));
                System.arraycopy(table.array(), table.offset() + row * size, to.array(), to.offset() + i * size, size);
            }
        };
    }

    /** Rows of a stored table, of the result's type, at ids. */
    static Step gather(Tensor table, View ids, View to) {
        int rows = Math.toIntExact(table.dim(0));
        int size = rowSize(to, ids.rank());
        int count = ids.elements();
        return () -> {
            for (int i = 0; i < count; i++) {
                to.copyFrom(table, (long) row(ids, i, rows) * size, i * size, size);
            }
        };
    }

    /** {@code out[...,s,t] = data[...,s,index[...,s,t]]}. */
    static Step gatherLast(View data, View index, View to) {
        int columns = to.dim(-1);
        int width = data.dim(-1);
        int[] places = Strides.offsets(to.shape(), Strides.broadcast(index.shape(), to.shape()));
        float[] from = data.floats();
        float[] out = to.floats();
        return () -> {
            for (int i = 0; i < places.length; i++) {
                out[to.offset() + i] = from[data.offset() + i / columns * width + row(index, places[i], width)];
            }
        };
    }

    /** Zeros, and rows added at ids. */
    static Step scatterAdd(View ids, View updates, View to) {
        int size = rowSize(to);
        int count = ids.elements();
        float[] sums = to.floats();
        float[] terms = updates.floats();
        return () -> {
            Arrays.fill(sums, to.offset(), to.offset() + to.elements(), 0);
            for (int i = 0; i < count; i++) {
                int sum = to.offset() + row(ids, i, to.dim(0)) * size;
                int term = updates.offset() + i * size;
                for (int j = 0; j < size; j++) {
                    sums[sum + j] += terms[term + j];
                }
            }
        };
    }

    private static int rowSize(View rows) {
        return rowSize(rows, 1);
    }

    /** @param axes in front of a row */
    private static int rowSize(View rows, int axes) {
        return View.elements(Arrays.copyOfRange(rows.shape(), axes, rows.rank()));
    }

    private static int row(View ids, int i, int rows) {
        long id = ids.dtype() == DType.I64 ? ids.longs()[ids.offset() + i] : ids.ints()[ids.offset() + i];
        if (id < 0 || id >= rows) {
            throw new InterpreterException("id " + id + " is outside a table of " + rows + " rows");
        }
        return (int) id;
    }
}

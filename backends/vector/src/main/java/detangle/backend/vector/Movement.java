package detangle.backend.vector;

import java.util.Arrays;
import java.util.List;

/** Copies between memories of any element type. */
final class Movement {
    private Movement() {}

    static int[] strides(int[] shape) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    /** Strides that read an operand as if it had a shape that it broadcasts to. */
    static int[] broadcastStrides(int[] operand, int[] shape) {
        int[] own = strides(operand);
        int[] strides = new int[shape.length];
        int lead = shape.length - operand.length;
        for (int i = 0; i < operand.length; i++) {
            strides[lead + i] = operand[i] == 1 ? 0 : own[i];
        }
        return strides;
    }

    /** For each element of a shape in order, the offset that strides give it. */
    static int[] offsets(int[] shape, int[] strides) {
        int[] offsets = new int[View.elements(shape)];
        int[] index = new int[shape.length];
        int offset = 0;
        for (int n = 0; n < offsets.length; n++) {
            offsets[n] = offset;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                offset += strides[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                offset -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
        return offsets;
    }

    static Step copy(View from, View to) {
        int count = to.elements();
        return () -> System.arraycopy(from.array(), from.offset(), to.array(), to.offset(), count);
    }

    /** Reads through strides: transposes and broadcasts. Runs along the last axis are copied whole where they can be. */
    static Step strided(View from, int[] strides, View to) {
        int rank = to.rank();
        int run = rank > 0 && (strides[rank - 1] == 1 || to.dim(-1) == 1) ? to.dim(-1) : 1;
        int outerRank = run > 1 ? rank - 1 : rank;
        int[] offsets = offsets(Arrays.copyOf(to.shape(), outerRank), Arrays.copyOf(strides, outerRank));
        return () -> {
            for (int i = 0; i < offsets.length; i++) {
                System.arraycopy(from.array(), from.offset() + offsets[i], to.array(), to.offset() + i * run, run);
            }
        };
    }

    static Step transpose(View from, List<Integer> permutation, View to) {
        int[] own = strides(from.shape());
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
}

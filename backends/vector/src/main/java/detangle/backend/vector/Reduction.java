package detangle.backend.vector;

import detangle.backend.vector.kernel.VectorReduction;
import detangle.ir.ReduceFunction;

/** Folds one axis of numbers. Maxima of floats are NaN where an element is, as in the interpreter. */
final class Reduction {
    private Reduction() {}

    /** @param x and out of f32, i32 or i64 */
    static Step of(ReduceFunction function, int axis, FrameValue x, FrameValue out) {
        return switch (x.dtype()) {
            case F32 -> floats(function, axis, x, out);
            case I32 -> ints(function, axis, x, out);
            case I64 -> longs(function, axis, x, out);
            case F16, BF16, F64, I8, I1 -> throw new IllegalArgumentException("no reduction of " + x.dtype());
        };
    }

    /** Returns where the first of the elements is that come together at a place of the result. */
    private static int first(int place, int size, int inner) {
        return place / inner * inner * size + place % inner;
    }

    private static Step floats(ReduceFunction function, int axis, FrameValue x, FrameValue out) {
        return f -> {
            int size = f.dim(x, axis);
            int inner = f.elements(x, axis + 1, x.rank());
            int outer = f.elements(x, 0, axis);
            float[] from = f.floats(x);
            float[] to = f.floats(out);
            switch (function) {
                case SUM -> VectorReduction.sum(from, f.offset(x), outer, size, inner, to, f.offset(out));
                case MAX -> VectorReduction.max(from, f.offset(x), outer, size, inner, to, f.offset(out));
            }
        };
    }

    private static Step ints(ReduceFunction function, int axis, FrameValue x, FrameValue out) {
        return f -> {
            int size = f.dim(x, axis);
            int inner = f.elements(x, axis + 1, x.rank());
            int places = f.elements(out);
            int[] from = f.ints(x);
            int[] to = f.ints(out);
            for (int i = 0; i < places; i++) {
                int at = f.offset(x) + first(i, size, inner);
                long folded = none(function);
                for (int j = 0; j < size; j++) {
                    folded = fold(function, folded, from[at + j * inner]);
                }
                to[f.offset(out) + i] = (int) folded;
            }
        };
    }

    private static Step longs(ReduceFunction function, int axis, FrameValue x, FrameValue out) {
        return f -> {
            int size = f.dim(x, axis);
            int inner = f.elements(x, axis + 1, x.rank());
            int places = f.elements(out);
            long[] from = f.longs(x);
            long[] to = f.longs(out);
            for (int i = 0; i < places; i++) {
                int at = f.offset(x) + first(i, size, inner);
                long folded = none(function);
                for (int j = 0; j < size; j++) {
                    folded = fold(function, folded, from[at + j * inner]);
                }
                to[f.offset(out) + i] = folded;
            }
        };
    }

    /** Returns what an axis without elements folds to. */
    private static long none(ReduceFunction function) {
        return switch (function) {
            case SUM -> 0;
            case MAX -> Long.MIN_VALUE;
        };
    }

    private static long fold(ReduceFunction function, long folded, long value) {
        return switch (function) {
            case SUM -> folded + value;
            case MAX -> Math.max(folded, value);
        };
    }
}

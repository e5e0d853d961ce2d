package detangle.backend.vector;

import detangle.ir.ReduceFunction;
import java.util.Arrays;

/**
 * Folds one axis of numbers. Sums of floats are added in double precision and rounded once. Maxima are NaN where an element is, as in the
 * interpreter.
 */
final class Reduction {
    private Reduction() {}

    /** @param x and out of f32, i32 or i64 */
    static Step of(ReduceFunction function, int axis, View x, View out) {
        int size = x.dim(axis);
        int inner = View.elements(Arrays.copyOfRange(x.shape(), axis + 1, x.rank()));
        return switch (x.dtype()) {
            case F32 -> floats(function, size, inner, x, out);
            case I32 -> ints(function, size, inner, x, out);
            case I64 -> longs(function, size, inner, x, out);
            case F16, BF16, F64, I8, I1 -> throw new IllegalArgumentException("no reduction of " + x.dtype());
        };
    }

    /** Where the first of the elements is that come together at a place of the result. */
    private static int first(int place, int size, int inner) {
        return place / inner * inner * size + place % inner;
    }

    private static Step floats(ReduceFunction function, int size, int inner, View x, View out) {
        float[] from = x.floats();
        float[] to = out.floats();
        int places = out.elements();
        return switch (function) {
            case SUM ->
                () -> {
                    for (int i = 0; i < places; i++) {
                        int at = x.offset() + first(i, size, inner);
                        double sum = 0;
                        for (int j = 0; j < size; j++) {
                            sum += from[at + j * inner];
                        }
                        to[out.offset() + i] = (float) sum;
                    }
                };
            case MAX ->
                () -> {
                    for (int i = 0; i < places; i++) {
                        int at = x.offset() + first(i, size, inner);
                        float max = Float.NEGATIVE_INFINITY;
                        for (int j = 0; j < size; j++) {
                            max = Math.max(max, from[at + j * inner]);
                        }
                        to[out.offset() + i] = max;
                    }
                };
        };
    }

    private static Step ints(ReduceFunction function, int size, int inner, View x, View out) {
        int[] from = x.ints();
        int[] to = out.ints();
        int places = out.elements();
        return () -> {
            for (int i = 0; i < places; i++) {
                int at = x.offset() + first(i, size, inner);
                long folded = function == ReduceFunction.SUM ? 0 : Long.MIN_VALUE;
                for (int j = 0; j < size; j++) {
                    int value = from[at + j * inner];
                    folded = switch (function) {
                        case SUM -> folded + value;
                        case MAX -> Math.max(folded, value);
                    };
                }
                to[out.offset() + i] = (int) folded;
            }
        };
    }

    private static Step longs(ReduceFunction function, int size, int inner, View x, View out) {
        long[] from = x.longs();
        long[] to = out.longs();
        int places = out.elements();
        return () -> {
            for (int i = 0; i < places; i++) {
                int at = x.offset() + first(i, size, inner);
                long folded = function == ReduceFunction.SUM ? 0 : Long.MIN_VALUE;
                for (int j = 0; j < size; j++) {
                    long value = from[at + j * inner];
                    folded = switch (function) {
                        case SUM -> folded + value;
                        case MAX -> Math.max(folded, value);
                    };
                }
                to[out.offset() + i] = folded;
            }
        };
    }
}

package detangle.ir.interpreter;

import detangle.ir.DType;
import detangle.ir.Strides;
import java.util.List;

/** Operations that move elements without computing. */
final class Rearrangement {
    private Rearrangement() {}

    /** Reads an operand through strides: transposes and broadcasts. */
    private static Value strided(Value x, int[] shape, int[] strides) {
        Value out = Value.zeros(x.dtype(), shape);
        int[] offsets = Strides.offsets(shape, strides);
        for (int i = 0; i < offsets.length; i++) {
            x.copyElement(offsets[i], out, i);
        }
        return out;
    }

    static Value transpose(Value x, List<Integer> permutation) {
        int[] from = Strides.of(x.shape());
        int[] shape = new int[x.rank()];
        int[] strides = new int[x.rank()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = x.dim(permutation.get(i));
            strides[i] = from[permutation.get(i)];
        }
        return strided(x, shape, strides);
    }

    static Value broadcast(Value x, int[] shape) {
        return strided(x, shape, Strides.broadcast(x.shape(), shape));
    }

    static Value slice(Value x, int axis, long start, long limit) {
        if (start < 0 || limit < start || limit > x.dim(axis)) {
            throw new InterpreterException(
                    "slice [" + start + ", " + limit + ") does not lie in an axis of " + x.dim(axis));
        }
        int[] shape = x.shape().clone();
        shape[axis] = (int) (limit - start);
        Value out = Value.zeros(x.dtype(), shape);
        copyAlong(axis, x, (int) start, out, 0, shape[axis]);
        return out;
    }

    static Value concat(List<Value> parts, int axis) {
        int[] shape = parts.getFirst().shape().clone();
        shape[axis] = parts.stream().mapToInt(p -> p.dim(axis)).sum();
        Value out = Value.zeros(parts.getFirst().dtype(), shape);
        int at = 0;
        for (Value part : parts) {
            copyAlong(axis, part, 0, out, at, part.dim(axis));
            at += part.dim(axis);
        }
        return out;
    }

    static Value pad(Value x, int axis, long before, long after) {
        if (before < 0 || after < 0) {
            throw new InterpreterException("pad by " + before + " and " + after + " is negative");
        }
        int[] shape = x.shape().clone();
        shape[axis] = Math.toIntExact(before + shape[axis] + after);
        Value out = Value.zeros(x.dtype(), shape);
        copyAlong(axis, x, 0, out, (int) before, x.dim(axis));
        return out;
    }

    /** Copies places {@code [from, from+count)} of an axis to places from {@code at}; other axes agree. */
    private static void copyAlong(int axis, Value x, int from, Value out, int at, int count) {
        int inner = Strides.product(x.shape(), axis + 1, x.rank());
        int outer = Strides.product(x.shape(), 0, axis);
        for (int o = 0; o < outer; o++) {
            x.copyTo((o * x.dim(axis) + from) * inner, out, (o * out.dim(axis) + at) * inner, count * inner);
        }
    }

    static Value iota(DType dtype, int[] shape, int axis, long start) {
        Value out = Value.zeros(dtype, shape);
        int inner = Strides.product(shape, axis + 1, shape.length);
        for (int i = 0; i < out.elements(); i++) {
            out.ints()[i] = ScalarMath.wrap(dtype, start + i / inner % shape[axis]);
        }
        return out;
    }

    static Value toeplitz(Value table, int rows, int columns) {
        Value out = Value.zeros(table.dtype(), new int[] {rows, columns});
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                table.copyElement(i - j + columns - 1, out, i * columns + j);
            }
        }
        return out;
    }
}

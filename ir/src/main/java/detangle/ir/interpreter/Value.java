package detangle.ir.interpreter;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.util.Arrays;

/**
 * A tensor inside the interpreter, row-major: floats of every type as doubles, integers and i1 as longs. Exactly one of
 * the two arrays is in use, by the element type.
 */
record Value(DType dtype, int[] shape, double[] floats, long[] ints) {
    private static final double[] NO_FLOATS = {};
    private static final long[] NO_INTS = {};

    static Value of(DType dtype, int[] shape, double[] floats) {
        return new Value(dtype, shape, floats, NO_INTS);
    }

    static Value of(DType dtype, int[] shape, long[] ints) {
        return new Value(dtype, shape, NO_FLOATS, ints);
    }

    /** Returns a value with all elements zero. */
    static Value zeros(DType dtype, int[] shape) {
        int n = elements(shape);
        return dtype.isFloat() ? of(dtype, shape, new double[n]) : of(dtype, shape, new long[n]);
    }

    static Value of(Tensor tensor) {
        int[] shape = ints(tensor.shape());
        if (tensor.dtype().isFloat()) {
            return of(tensor.dtype(), shape, tensor.toDoubles());
        }
        long[] ints = tensor.toLongs();
        if (tensor.dtype() == DType.I1) {
            // Stored data may have any byte for true.
            Arrays.setAll(ints, i -> ints[i] == 0 ? 0 : 1);
        }
        return of(tensor.dtype(), shape, ints);
    }

    /** Returns the sizes of a value; it must fit a Java array. */
    static int[] ints(long[] sizes) {
        int[] shape = new int[sizes.length];
        for (int i = 0; i < shape.length; i++) {
            if (sizes[i] < 0 || sizes[i] > Integer.MAX_VALUE) {
                throw new InterpreterException("a dimension of size " + sizes[i] + " is not possible here");
            }
            shape[i] = (int) sizes[i];
        }
        return shape;
    }

    static int elements(int[] shape) {
        long n = Arrays.stream(shape).anyMatch(size -> size == 0) ? 0 : 1;
        for (int size : shape) {
            n *= size;
            if (n > Integer.MAX_VALUE - 8) {
                throw new InterpreterException("a value has more than 2^31 elements: the interpreter holds no more");
            }
        }
        return (int) n;
    }

    int elements() {
        return elements(shape);
    }

    int rank() {
        return shape.length;
    }

    /** Returns the size of an axis; negative axes count from the end. */
    int dim(int axis) {
        return shape[axis < 0 ? axis + shape.length : axis];
    }

    boolean isFloat() {
        return dtype.isFloat();
    }

    /** Returns the same elements under another float type, or the same integer type. */
    Value as(DType other) {
        return new Value(other, shape, floats, ints);
    }

    /** Returns the same elements in another shape. */
    Value reshape(int[] newShape) {
        return new Value(dtype, newShape, floats, ints);
    }

    /** Returns the element as a double, whatever the type. */
    double asDouble(int i) {
        return isFloat() ? floats[i] : ints[i];
    }

    /** A copy of elements: {@code to[toOffset + i] = this[offset + i]}. */
    void copyTo(int offset, Value to, int toOffset, int count) {
        if (isFloat()) {
            System.arraycopy(floats, offset, to.floats, toOffset, count);
        } else {
            System.arraycopy(ints, offset, to.ints, toOffset, count);
        }
    }

    /** {@code to[toIndex] = this[index]}. */
    void copyElement(int index, Value to, int toIndex) {
        if (isFloat()) {
            to.floats[toIndex] = floats[index];
        } else {
            to.ints[toIndex] = ints[index];
        }
    }

    /** Returns a host tensor of the given type; doubles round once. */
    Tensor toTensor(DType as) {
        long[] sizes = new long[shape.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = shape[i];
        }
        return isFloat() ? Tensor.ofDoubles(as, floats, sizes) : Tensor.ofLongs(as, ints, sizes);
    }
}

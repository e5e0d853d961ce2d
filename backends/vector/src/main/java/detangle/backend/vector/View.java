package detangle.backend.vector;

import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A value in memory: row-major elements of a Java array from an offset. F32 lives in {@code float[]}, F64 in
 * {@code double[]}, I32 in {@code int[]}, I64 in {@code long[]}, I1 and I8 in {@code byte[]}, F16 and BF16 in
 * {@code short[]}.
 */
record View(DType dtype, Object array, int offset, int[] shape) {
    /** An array that holds n elements of a type. */
    static Object newArray(DType dtype, int n) {
        return switch (dtype) {
            case F32 -> new float[n];
            case F64 -> new double[n];
            case I32 -> new int[n];
            case I64 -> new long[n];
            case I1, I8 -> new byte[n];
            case F16, BF16 -> new short[n];
        };
    }

    static View allocate(DType dtype, int[] shape) {
        return new View(dtype, newArray(dtype, elements(shape)), 0, shape);
    }

    /** A copy of a tensor. */
    static View of(Tensor tensor) {
        int[] shape = new int[tensor.rank()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = Math.toIntExact(tensor.dim(i));
        }
        View view = allocate(tensor.dtype(), shape);
        view.copyFrom(tensor);
        return view;
    }

    static int elements(int[] shape) {
        // Without a stream, as loops of kernels ask.
        for (int size : shape) {
            if (size == 0) {
                return 0; // Whatever the other sizes multiply to.
            }
        }
        int n = 1;
        for (int size : shape) {
            n = Math.multiplyExact(n, size);
        }
        return n;
    }

    int elements() {
        return elements(shape);
    }

    int rank() {
        return shape.length;
    }

    int dim(int axis) {
        return shape[axis < 0 ? axis + shape.length : axis];
    }

    /** The product of all sizes but the last. */
    int rows() {
        int n = 1;
        for (int i = 0; i < shape.length - 1; i++) {
            n *= shape[i];
        }
        return n;
    }

    float[] floats() {
        return (float[]) array;
    }

    byte[] bytes() {
        return (byte[]) array;
    }

    int[] ints() {
        return (int[]) array;
    }

    long[] longs() {
        return (long[]) array;
    }

    private MemorySegment all() {
        return switch (array) {
            case float[] a -> MemorySegment.ofArray(a);
            case double[] a -> MemorySegment.ofArray(a);
            case int[] a -> MemorySegment.ofArray(a);
            case long[] a -> MemorySegment.ofArray(a);
            case byte[] a -> MemorySegment.ofArray(a);
            case short[] a -> MemorySegment.ofArray(a);
            default -> throw new InternalException("no memory of " + dtype);
        };
    }

    private MemorySegment segment() {
        return all().asSlice((long) offset * dtype.bytes(), (long) elements() * dtype.bytes());
    }

    void copyFrom(Tensor tensor) {
        MemorySegment.copy(tensor.data(), 0, all(), (long) offset * dtype.bytes(), (long) elements() * dtype.bytes());
    }

    /** Copies elements of a tensor of this type, from {@code from} on, to {@code at}. */
    void copyFrom(Tensor tensor, long from, int at, int count) {
        int size = dtype.bytes();
        MemorySegment.copy(tensor.data(), from * size, all(), (long) (offset + at) * size, (long) count * size);
    }

    /** Sets some elements to zero, whatever their type. */
    void clear(int from, int count) {
        all().asSlice((long) (offset + from) * dtype.bytes(), (long) count * dtype.bytes())
                .fill((byte) 0);
    }

    /** This memory as a tensor, shared. */
    Tensor asTensor() {
        long[] sizes = new long[shape.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = shape[i];
        }
        return new Tensor(dtype, sizes, segment());
    }

    /** A copy that outlives the memory. */
    Tensor toTensor() {
        View copy = allocate(dtype, shape);
        copy.segment().copyFrom(segment());
        return copy.asTensor();
    }
}

package detangle.backend.vector;

import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Java arrays as the memory of values: F32 lives in {@code float[]}, F64 in {@code double[]}, I32 in {@code int[]}, I64
 * in {@code long[]}, I1 and I8 in {@code byte[]}, F16 and BF16 in {@code short[]}.
 */
final class Memory {
    private Memory() {}

    /** Returns an array that holds n elements of a type. */
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

    /** Returns a whole array. */
    static MemorySegment all(Object array) {
        return switch (array) {
            case float[] a -> MemorySegment.ofArray(a);
            case double[] a -> MemorySegment.ofArray(a);
            case int[] a -> MemorySegment.ofArray(a);
            case long[] a -> MemorySegment.ofArray(a);
            case byte[] a -> MemorySegment.ofArray(a);
            case short[] a -> MemorySegment.ofArray(a);
            default -> throw new InternalException("values do not live in " + array.getClass());
        };
    }

    /** Returns some elements of an array of a type. */
    static MemorySegment part(DType dtype, Object array, int offset, int count) {
        return all(array).asSlice((long) offset * dtype.bytes(), (long) count * dtype.bytes());
    }

    /** Returns a copy of a tensor's elements in an array of their own. */
    static Object copy(Tensor tensor) {
        Object array = newArray(tensor.dtype(), Math.toIntExact(tensor.elements()));
        all(array).copyFrom(tensor.data());
        return array;
    }
}

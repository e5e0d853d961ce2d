package detangle.ir;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A tensor on the host: row-major elements, little-endian, over memory that may be a Java array or a mapped file. The
 * data is shared, not copied, and whoever holds a tensor must not change it.
 */
public final class Tensor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DType dtype;
    private final long[] shape;
    private final MemorySegment data;

    /**
     * Makes a tensor of the bytes in a segment, which is not copied.
     *
     * @throws IllegalArgumentException if a size is negative, or if the segment has not the size of the elements
     */
    public Tensor(DType dtype, long[] shape, MemorySegment data) {
        if (Arrays.stream(shape).anyMatch(size -> size < 0)) {
            throw new IllegalArgumentException("a tensor has no axes of the sizes " + Arrays.toString(shape));
        }
        long bytes = Math.multiplyExact(elements(shape), (long) dtype.bytes());
        if (data.byteSize() != bytes) {
            throw new IllegalArgumentException("a tensor " + dtype.text() + Arrays.toString(shape) + " takes " + bytes
                    + " bytes, not " + data.byteSize());
        }
        this.dtype = dtype;
        this.shape = shape.clone();
        this.data = data;
    }

    public static Tensor of(float[] values, long... shape) {
        return new Tensor(DType.F32, shape, MemorySegment.ofArray(values));
    }

    public static Tensor of(double[] values, long... shape) {
        return new Tensor(DType.F64, shape, MemorySegment.ofArray(values));
    }

    public static Tensor of(int[] values, long... shape) {
        return new Tensor(DType.I32, shape, MemorySegment.ofArray(values));
    }

    public static Tensor of(long[] values, long... shape) {
        return new Tensor(DType.I64, shape, MemorySegment.ofArray(values));
    }

    public static Tensor of(boolean[] values, long... shape) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return new Tensor(DType.I1, shape, MemorySegment.ofArray(bytes));
    }

    /** Elements of any type from doubles: floats rounded to nearest, integers truncated, i1 non-zero. */
    public static Tensor ofDoubles(DType dtype, double[] values, long... shape) {
        Tensor tensor = new Tensor(
                dtype,
                shape,
                MemorySegment.ofArray(new byte[Math.multiplyExact(Math.toIntExact(elements(shape)), dtype.bytes())]));
        for (int i = 0; i < values.length; i++) {
            tensor.set(i, values[i]);
        }
        return tensor;
    }

    /** Integer elements (or i1) from longs. */
    public static Tensor ofLongs(DType dtype, long[] values, long... shape) {
        Tensor tensor = new Tensor(
                dtype,
                shape,
                MemorySegment.ofArray(new byte[Math.multiplyExact(Math.toIntExact(elements(shape)), dtype.bytes())]));
        for (int i = 0; i < values.length; i++) {
            tensor.set(i, values[i]);
        }
        return tensor;
    }

    /**
     * Returns the product of sizes.
     *
     * @throws ArithmeticException if it is beyond a long
     */
    public static long elements(long[] shape) {
        // Without a stream, as each result of a run asks.
        for (long size : shape) {
            if (size == 0) {
                return 0;
            }
        }
        long n = 1;
        for (long size : shape) {
            n = Math.multiplyExact(n, size);
        }
        return n;
    }

    public DType dtype() {
        return dtype;
    }

    /** Returns the sizes, a copy. */
    public long[] shape() {
        return shape.clone();
    }

    public int rank() {
        return shape.length;
    }

    public long dim(int axis) {
        return shape[axis < 0 ? axis + shape.length : axis];
    }

    public long elements() {
        return elements(shape);
    }

    public TensorType type() {
        return TensorType.of(dtype, shape);
    }

    public MemorySegment data() {
        return data;
    }

    /** Returns the same elements under another shape with as many. */
    public Tensor reshape(long... newShape) {
        return new Tensor(dtype, newShape, data);
    }

    /**
     * Returns the elements {@code [start, limit)} of an axis: a view of the same memory where they lie in a row there,
     * and a copy elsewhere.
     */
    public Tensor slice(int axis, long start, long limit) {
        if (start < 0 || limit < start || limit > shape[axis]) {
            throw new IllegalArgumentException(
                    "slice [" + start + ", " + limit + ") does not lie in an axis of " + shape[axis]);
        }
        long[] sizes = shape.clone();
        sizes[axis] = limit - start;
        long outer = elements(Arrays.copyOf(shape, axis));
        long inner = dtype.bytes() * elements(Arrays.copyOfRange(shape, axis + 1, shape.length));
        long taken = sizes[axis] * inner;
        if (outer == 1) {
            return new Tensor(dtype, sizes, data.asSlice(start * inner, taken));
        }
        MemorySegment to = MemorySegment.ofArray(new byte[Math.toIntExact(Math.multiplyExact(outer, taken))]);
        for (long o = 0; o < outer; o++) {
            MemorySegment.copy(data, (o * shape[axis] + start) * inner, to, o * taken, taken);
        }
        return new Tensor(dtype, sizes, to);
    }

    /** Returns the element at a row-major index, as a double; exact for every type but large i64. */
    public double getDouble(long i) {
        return switch (dtype) {
            case F32 -> data.getAtIndex(FLOAT, i);
            case F64 -> data.getAtIndex(DOUBLE, i);
            case F16 -> Float.float16ToFloat(data.getAtIndex(SHORT, i));
            case BF16 -> Float.intBitsToFloat(data.getAtIndex(SHORT, i) << 16);
            case I32, I64, I1, I8 -> getLong(i);
        };
    }

    /** Returns the element at a row-major index, as a long; floats truncate. */
    public long getLong(long i) {
        return switch (dtype) {
            case I32 -> data.getAtIndex(INT, i);
            case I64 -> data.getAtIndex(LONG, i);
            case I1, I8 -> data.get(ValueLayout.JAVA_BYTE, i);
            case F32, F64, F16, BF16 -> (long) getDouble(i);
        };
    }

    private void set(long i, double value) {
        switch (dtype) {
            case F32 -> data.setAtIndex(FLOAT, i, (float) value);
            case F64 -> data.setAtIndex(DOUBLE, i, value);
            case F16 -> data.setAtIndex(SHORT, i, Float.floatToFloat16((float) value));
            case BF16 -> data.setAtIndex(SHORT, i, bf16((float) value));
            case I1 -> data.set(ValueLayout.JAVA_BYTE, i, (byte) (value != 0 ? 1 : 0));
            case I32, I64, I8 -> set(i, (long) value);
        }
    }

    private void set(long i, long value) {
        switch (dtype) {
            case I32 -> data.setAtIndex(INT, i, (int) value);
            case I64 -> data.setAtIndex(LONG, i, value);
            case I8 -> data.set(ValueLayout.JAVA_BYTE, i, (byte) value);
            case I1 -> data.set(ValueLayout.JAVA_BYTE, i, (byte) (value != 0 ? 1 : 0));
            case F32, F64, F16, BF16 -> set(i, (double) value);
        }
    }

    /** Rounds to nearest even, as PyTorch does; NaN stays NaN. */
    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** Returns all elements as floats, a copy. */
    public float[] toFloats() {
        float[] out = new float[Math.toIntExact(elements())];
        copyTo(0, out, 0, out.length);
        return out;
    }

    /** Writes the elements {@code [from, from + count)} as floats into an array, from {@code at} on. */
    public void copyTo(long from, float[] to, int at, int count) {
        switch (dtype) {
            case F32 -> MemorySegment.copy(data, FLOAT, from * Float.BYTES, to, at, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = Float.float16ToFloat(data.getAtIndex(SHORT, from + i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = Float.intBitsToFloat(data.getAtIndex(SHORT, from + i) << 16);
                }
            }
            case F64, I32, I64, I1, I8 -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = (float) getDouble(from + i);
                }
            }
        }
    }

    /**
     * Writes the bits of the elements {@code [from, from + count)} in a type of 16 bits, rounded to nearest even, into
     * an array, from {@code at} on.
     */
    public void copyTo(long from, DType narrow, short[] to, int at, int count) {
        if (dtype == narrow) {
            MemorySegment.copy(data, SHORT, from * Short.BYTES, to, at, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            float value = (float) getDouble(from + i);
            to[at + i] = switch (narrow) {
                case F16 -> Float.floatToFloat16(value);
                case BF16 -> bf16(value);
                case F32, F64, I32, I64, I1, I8 ->
                    throw new IllegalArgumentException(narrow.text() + " has no 16 bits");
            };
        }
    }

    /** Returns all elements as doubles, a copy. */
    public double[] toDoubles() {
        double[] out = new double[Math.toIntExact(elements())];
        for (int i = 0; i < out.length; i++) {
            out[i] = getDouble(i);
        }
        return out;
    }

    /** Returns all elements as longs, a copy; floats truncate. */
    public long[] toLongs() {
        long[] out = new long[Math.toIntExact(elements())];
        for (int i = 0; i < out.length; i++) {
            out[i] = getLong(i);
        }
        return out;
    }

    @Override
    public String toString() {
        return "Tensor " + dtype.text() + Arrays.toString(shape);
    }
}

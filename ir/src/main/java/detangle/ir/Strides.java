package detangle.ir;

/** Index arithmetic over row-major shapes. */
public final class Strides {
    private Strides() {}

    /** Returns the distance between neighbours along each axis. */
    public static int[] of(int[] shape) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    /** Strides that read an operand as if it were broadcast to a shape of the same or a higher rank. */
    public static int[] broadcast(int[] operand, int[] shape) {
        int[] own = of(operand);
        int[] strides = new int[shape.length];
        int lead = shape.length - operand.length;
        for (int i = 0; i < operand.length; i++) {
            strides[lead + i] = operand[i] == 1 ? 0 : own[i];
        }
        return strides;
    }

    /** Returns the offset that these strides give each element of a shape, in the order of the elements. */
    public static int[] offsets(int[] shape, int[] strides) {
        int[] offsets = new int[product(shape, 0, shape.length)];
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

    /** Returns the product of sizes {@code [from, to)}. */
    public static int product(int[] shape, int from, int to) {
        int n = 1;
        for (int i = from; i < to; i++) {
            n *= shape[i];
        }
        return n;
    }
}

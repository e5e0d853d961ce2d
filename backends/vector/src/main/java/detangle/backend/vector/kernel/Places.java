package detangle.backend.vector.kernel;

import detangle.ir.Shape;

/**
 * The places of the elements of an operand that repeats along some axes of a shape. They are set before a run, in
 * arrays that stay.
 */
public final class Places {
    private final int[] sizes = new int[Shape.MAX_AXES];
    private final int[] strides = new int[Shape.MAX_AXES];
    private int rank;

    /** A shape without axes, whose only element stands at 0. */
    public void clear() {
        rank = 0;
    }

    /** Adds an axis inside the others; a stride of 0 repeats the operand. */
    public void axis(int size, int stride) {
        sizes[rank] = size;
        strides[rank] = stride;
        rank++;
    }

    /** Returns where element n of the shape stands. */
    public int at(int n) {
        int place = 0;
        int left = n;
        for (int axis = rank - 1; axis >= 0; axis--) {
            place += left % sizes[axis] * strides[axis];
            left /= sizes[axis];
        }
        return place;
    }
}

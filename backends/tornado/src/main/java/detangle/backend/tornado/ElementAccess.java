package detangle.backend.tornado;

import detangle.ir.Strides;

/** Which element of an array stands at a place of a shape: {@code offset + sum(place[i] * strides[i])}. */
record ElementAccess(int[] strides, int offset) {
    /** Returns an operand of a shape as if it were broadcast to another. */
    static ElementAccess broadcast(int[] operand, int[] shape) {
        return new ElementAccess(Strides.broadcast(operand, shape), 0);
    }

    /** Returns each element of a shape in order. */
    static ElementAccess all(int[] shape) {
        return new ElementAccess(Strides.of(shape), 0);
    }
}

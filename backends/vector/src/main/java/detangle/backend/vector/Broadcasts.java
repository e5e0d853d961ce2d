package detangle.backend.vector;

import detangle.backend.vector.kernel.Places;

/** Computes the places of operands that repeat along axes of a result. */
final class Broadcasts {
    private Broadcasts() {}

    /**
     * Sets places to those of an operand for the rows of a result: all its axes but the last.
     *
     * @return from an element of the operand to the next along the last axis of the result
     */
    static int rows(Frame f, FrameValue operand, FrameValue result, Places places) {
        int rank = result.rank();
        places.clear();
        for (int axis = 0; axis < rank - 1; axis++) {
            places.axis(f.dim(result, axis), stride(f, operand, axis - rank));
        }
        return stride(f, operand, -1);
    }

    /** Sets places to the numbers of an operand's matrices for each matrix of a result. */
    static void matrices(Frame f, FrameValue operand, FrameValue result, Places places) {
        int rank = result.rank();
        places.clear();
        for (int axis = 0; axis < rank - 2; axis++) {
            int own = axis - rank + operand.rank();
            boolean repeats = own < 0 || f.dim(operand, own) == 1;
            places.axis(f.dim(result, axis), repeats ? 0 : f.elements(operand, own + 1, operand.rank() - 2));
        }
    }

    /**
     * Returns the distance from an element to the next along an axis, counted from behind; 0 where the operand repeats.
     */
    static int stride(Frame f, FrameValue operand, int axis) {
        int own = axis + operand.rank();
        return own < 0 || f.dim(operand, own) == 1 ? 0 : f.elements(operand, own + 1, operand.rank());
    }
}

package detangle.backend.vector;

import detangle.ir.DType;

/**
 * A value of a program. Where it is and how large it is, a {@link Frame} says for each run.
 *
 * @param index its number among the values of the program
 * @param dims the places of its sizes in the {@link SizeTable}
 * @param elements the place of the number of its elements
 */
record FrameValue(int index, DType dtype, int[] dims, int elements) {
    int rank() {
        return dims.length;
    }
}

package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Copies a few neighbouring columns of a matrix, so that their elements stand one row after the other. */
final class Columns {
    private Columns() {}

    /** {@code to[at + row * width + i] = from[offset + row * stride + i]} for {@code i < width}. */
    static void copy(float[] from, int offset, int stride, int rows, int width, float[] to, int at) {
        int whole = Lanes.roundUp(width, COUNT);
        // The elements that a whole vector writes behind a row are overwritten by the next rows. The last rows have no
        // next ones and are copied element by element.
        int spared = Math.ceilDiv(whole - width, width);
        int readable = 1 + Math.floorDiv(from.length - offset - whole, Math.max(1, stride));
        int vectors = Math.clamp(rows - spared, 0, Math.max(0, readable));
        vectors(from, offset, stride, vectors, width, to, at);
        for (int row = vectors; row < rows; row++) {
            int source = offset + row * stride;
            int target = at + row * width;
            for (int i = 0; i < width; i++) {
                to[target + i] = from[source + i];
            }
        }
    }

    private static void vectors(float[] from, int offset, int stride, int rows, int width, float[] to, int at) {
        int source = offset;
        int target = at;
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i += COUNT) {
                FloatVector.fromArray(SPECIES, from, source + i).intoArray(to, target + i);
            }
            source += stride;
            target += width;
        }
    }
}

package detangle.models.text.encoder;

import java.util.Arrays;

/** Parts of a text, in their order: from a code point to that before another. */
final class Spans {
    private int[] bounds = new int[16];
    private int count;

    void add(int start, int end) {
        if (2 * count == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        bounds[2 * count] = start;
        bounds[2 * count + 1] = end;
        count++;
    }

    int size() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    int start(int index) {
        return bounds[2 * index];
    }

    int end(int index) {
        return bounds[2 * index + 1];
    }
}

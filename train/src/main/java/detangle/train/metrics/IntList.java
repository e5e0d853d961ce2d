package detangle.train.metrics;

import java.util.Arrays;

/** A list of numbers that are added one by one. */
final class IntList {
    private int[] values = new int[1 << 8];
    private int count;

    void add(int value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = value;
    }

    int[] toArray() {
        return Arrays.copyOf(values, count);
    }
}

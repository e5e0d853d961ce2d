package detangle.models.text.encoder;

import java.util.Arrays;

/**
 * The changes that make another text, code point by code point, as the library's {@code NormalizedString::transform}
 * takes it: each new code point replaces the next old one, or is inserted behind it, or replaces it and removes what
 * follows.
 */
final class Changes {
    private int[] codePoints;
    private int[] changes;
    private int count;

    Changes(int capacity) {
        codePoints = new int[capacity];
        changes = new int[capacity];
    }

    /**
     * @param change 0 if it replaces a code point, 1 if it is new, -N if it replaces one and the N behind it are
     *     removed
     */
    void add(int codePoint, int change) {
        if (count == codePoints.length) {
            codePoints = Arrays.copyOf(codePoints, 2 * count + 16);
            changes = Arrays.copyOf(changes, codePoints.length);
        }
        codePoints[count] = codePoint;
        changes[count] = change;
        count++;
    }

    /** Adds what stands for a number of old code points, all of it. */
    void replace(int oldCount, String replacement) {
        int before = count;
        replacement.codePoints().forEach(c -> add(c, 0));
        int difference = count - before - oldCount;
        for (int i = 0; i < difference; i++) {
            changes[count - 1 - i] = 1;
        }
        // Nothing stands in front of a removal at the very beginning: the library then aligns the rest one to the left.
        if (difference < 0 && count > 0) {
            changes[count - 1] += difference;
        }
    }

    AlignedText apply(AlignedText text) {
        AlignedText.Builder builder = text.builder();
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (changes[i] <= 0) {
                builder.addAs(codePoints[i], next);
                next += 1 - changes[i];
            } else if (next > 0) {
                builder.addAs(codePoints[i], next - 1);
            } else {
                builder.addAtOrigin(codePoints[i]);
            }
        }
        return builder.build();
    }
}

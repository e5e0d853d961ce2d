package detangle.models.text.encoder;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * A text, or a part of it, of which every code point knows from which code points of the given text it comes.
 * Immutable; parts share the arrays of the whole.
 */
final class AlignedText {
    private static final char REPLACEMENT = '\uFFFD';

    /**
     * The greatest factor by which a normalised text may be longer than the given one, so that no file can exhaust the
     * memory.
     */
    static final int MAX_GROWTH_FACTOR = 32;

    private static final int GROWTH_OF_THE_SHORTEST = 64;

    private final int[] codePoints;
    private final int[] starts;
    private final int[] ends;
    private final int from;
    private final int to;
    private final int origin;
    private final int room;

    private AlignedText(int[] codePoints, int[] starts, int[] ends, int from, int to, int origin, int room) {
        this.codePoints = codePoints;
        this.starts = starts;
        this.ends = ends;
        this.from = from;
        this.to = to;
        this.origin = origin;
        this.room = room;
    }

    /** Returns a text as it is given; the replacement character stands for half a surrogate pair. */
    static AlignedText of(String text) {
        int[] codePoints = new int[text.length()];
        int count = 0;
        for (int i = 0; i < text.length(); count++) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            boolean half = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
            codePoints[count] = half ? REPLACEMENT : codePoint;
        }
        int[] starts = new int[count];
        int[] ends = new int[count];
        for (int i = 0; i < count; i++) {
            starts[i] = i;
            ends[i] = i + 1;
        }
        return new AlignedText(codePoints, starts, ends, 0, count, 0, roomFor(count));
    }

    /** Returns the most code points that a text of a length may become. */
    static int roomFor(int length) {
        return (int) Math.min(Integer.MAX_VALUE - 8, (long) MAX_GROWTH_FACTOR * length + GROWTH_OF_THE_SHORTEST);
    }

    int length() {
        return to - from;
    }

    boolean isEmpty() {
        return from == to;
    }

    int at(int index) {
        return codePoints[from + index];
    }

    /** Returns where in the given text the code point at an index begins. */
    int start(int index) {
        return starts[from + index];
    }

    /** Returns where in the given text the code point at an index ends. */
    int end(int index) {
        return ends[from + index];
    }

    /** Returns where in the given text this part begins; 0 for a text that nobody has cut yet. */
    int origin() {
        return origin;
    }

    boolean startsWith(int codePoint) {
        return from < to && codePoints[from] == codePoint;
    }

    AlignedText slice(int start, int end) {
        int begin = start < end ? starts[from + start] : origin;
        return new AlignedText(
                codePoints, starts, ends, from + start, from + end, begin, Math.min(room, roomFor(end - start)));
    }

    String text(int start, int end) {
        return new String(codePoints, from + start, end - start);
    }

    String text() {
        return text(0, length());
    }

    /** Returns the same alignments with other code points, one for one. */
    AlignedText map(IntUnaryOperator map) {
        int[] mapped = Arrays.copyOfRange(codePoints, from, to);
        for (int i = 0; i < mapped.length; i++) {
            mapped[i] = map.applyAsInt(mapped[i]);
        }
        return new AlignedText(
                mapped,
                Arrays.copyOfRange(starts, from, to),
                Arrays.copyOfRange(ends, from, to),
                0,
                mapped.length,
                origin,
                room);
    }

    /** Returns the text without a number of code points at either end, aligned as before. */
    AlignedText trimmed(int left, int right) {
        return new AlignedText(codePoints, starts, ends, from + left, to - right, origin, room);
    }

    Builder builder() {
        return new Builder(length());
    }

    /** Collects the code points of a text that is made out of this one. */
    final class Builder {
        private int[] newCodePoints;
        private int[] newStarts;
        private int[] newEnds;
        private int count;

        private Builder(int capacity) {
            newCodePoints = new int[capacity];
            newStarts = new int[capacity];
            newEnds = new int[capacity];
        }

        /** Adds a code point that comes from where the one at an index comes from. */
        void addAs(int codePoint, int index) {
            add(codePoint, start(index), end(index));
        }

        /** Adds a code point that comes from nothing, at the very beginning. */
        void addAtOrigin(int codePoint) {
            add(codePoint, origin, origin);
        }

        private void add(int codePoint, int start, int end) {
            if (count == newCodePoints.length) {
                if (count >= room) {
                    throw new EncodingException(
                            "the normalizer makes the text more than " + MAX_GROWTH_FACTOR + " times longer");
                }
                int capacity = (int) Math.min(room, 2L * count + 16);
                newCodePoints = Arrays.copyOf(newCodePoints, capacity);
                newStarts = Arrays.copyOf(newStarts, capacity);
                newEnds = Arrays.copyOf(newEnds, capacity);
            }
            newCodePoints[count] = codePoint;
            newStarts[count] = start;
            newEnds[count] = end;
            count++;
        }

        AlignedText build() {
            return new AlignedText(newCodePoints, newStarts, newEnds, 0, count, origin, room);
        }
    }
}

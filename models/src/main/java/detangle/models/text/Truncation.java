package detangle.models.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Cuts an encoding to a length, or into windows of it, as HuggingFace's tokenizers do. Special tokens stay.
 *
 * @param maxLength the most tokens, special ones included
 * @param strategy which text of a pair is cut
 * @param stride how many tokens of a text two windows share; empty for one window alone
 * @param side which end of a text is cut off; windows go from its beginning to its end
 */
public record Truncation(int maxLength, Strategy strategy, Optional<Integer> stride, Side side) {
    /** An end of a text. */
    public enum Side {
        /** The last tokens are cut off. */
        RIGHT,
        /** The first tokens are cut off. */
        LEFT
    }

    /** Which text of a pair is cut. */
    public enum Strategy {
        /** The longer one, until both are as long. */
        LONGEST_FIRST,
        ONLY_FIRST,
        ONLY_SECOND;

        /** Returns the name in HuggingFace's API and on the command line: {@code longest_first}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Returns the strategy with that {@link #text()}. */
        public static Optional<Strategy> named(String text) {
            return Arrays.stream(values()).filter(s -> s.text().equals(text)).findFirst();
        }
    }

    /** Refuses numbers that make no sense, and windows from the end of a text. */
    public Truncation {
        if (maxLength < 1 || stride.filter(s -> s < 0 || side == Side.LEFT).isPresent()) {
            throw new IllegalArgumentException(
                    "a length of " + maxLength + " with a stride of " + stride + " from the " + side);
        }
    }

    /** The same, which cuts off the end. */
    public Truncation(int maxLength, Strategy strategy, Optional<Integer> stride) {
        this(maxLength, strategy, stride, Side.RIGHT);
    }

    /**
     * Returns the windows of an encoding, one if it is short enough.
     *
     * @throws TokenizerException if the text to cut is too short for it, if the stride leaves no progress, or if
     *     windows are asked for of both texts of a pair
     */
    public List<Encoding> apply(Encoding encoding) {
        if (encoding.length() <= maxLength) {
            return List.of(encoding);
        }
        int[] first = positions(encoding, 0);
        int[] second = positions(encoding, 1);
        int room = maxLength - (encoding.length() - first.length - second.length);
        if (second.length == 0) {
            return windows(encoding, first, room);
        }
        return switch (strategy) {
            case ONLY_FIRST -> windows(encoding, first, room - second.length);
            case ONLY_SECOND -> windows(encoding, second, room - first.length);
            case LONGEST_FIRST -> {
                if (stride.isPresent()) {
                    throw new TokenizerException("windows of a pair are of one text: choose only_first or only_second");
                }
                int[] kept = longestFirst(first.length, second.length, room);
                int startA = side == Side.LEFT ? first.length - kept[0] : 0;
                int startB = side == Side.LEFT ? second.length - kept[1] : 0;
                int[] others = others(encoding, first, second);
                int[] both = merged(
                        Arrays.copyOfRange(first, startA, startA + kept[0]),
                        Arrays.copyOfRange(second, startB, startB + kept[1]));
                yield List.of(of(encoding, merged(others, both)));
            }
        };
    }

    /** Returns how many windows {@link #apply} makes, without making them; one where it refuses to. */
    public long windows(Encoding encoding) {
        if (encoding.length() <= maxLength || stride.isEmpty()) {
            return 1;
        }
        boolean ofSecond = strategy == Strategy.ONLY_SECOND
                && IntStream.of(encoding.sequences()).anyMatch(s -> s == 1);
        int text = positions(encoding, ofSecond ? 1 : 0).length;
        int room = maxLength - (encoding.length() - text);
        int step = room - stride.get();
        return step < 1 ? 1 : 1 + Math.ceilDiv(Math.max(0, text - room), step);
    }

    private static int[] positions(Encoding encoding, int sequence) {
        return IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequences()[i] == sequence)
                .toArray();
    }

    /** Lengths that add up to the room (tokenizers, truncate_encodings). */
    private static int[] longestFirst(int first, int second, int room) {
        if (room < 0) {
            throw new TokenizerException("the length leaves no room for the special tokens");
        }
        int shorter = Math.min(first, second);
        int longer = Math.max(shorter, room - shorter);
        if (shorter > room) {
            longer = shorter;
        }
        if (shorter + longer > room) {
            shorter = room / 2;
            longer = shorter + room % 2;
        }
        return first > second ? new int[] {longer, shorter} : new int[] {shorter, longer};
    }

    private List<Encoding> windows(Encoding encoding, int[] text, int room) {
        if (room < 1) {
            throw new TokenizerException("a length of " + maxLength + " leaves no room for the text that is to be cut");
        }
        int[] others = others(encoding, text);
        if (stride.isEmpty()) {
            int start = side == Side.LEFT ? text.length - room : 0;
            return List.of(of(encoding, merged(others, Arrays.copyOfRange(text, start, start + room))));
        }
        int step = room - stride.get();
        if (step < 1) {
            throw new TokenizerException(
                    "a stride of " + stride.get() + " makes no progress in windows of " + room + " tokens");
        }
        List<Encoding> windows = new ArrayList<>();
        for (int start = 0; ; start += step) {
            int end = Math.min(text.length, start + room);
            windows.add(of(encoding, merged(others, Arrays.copyOfRange(text, start, end))));
            if (start + room >= text.length) {
                return windows;
            }
        }
    }

    /** Returns the positions that are in none of these, of special tokens and other texts. */
    private static int[] others(Encoding encoding, int[]... texts) {
        boolean[] ofTexts = new boolean[encoding.length()];
        for (int[] text : texts) {
            for (int position : text) {
                ofTexts[position] = true;
            }
        }
        return IntStream.range(0, ofTexts.length).filter(i -> !ofTexts[i]).toArray();
    }

    /** Positions of two ascending lists, in order: a window takes as long as it is, and not as its text is. */
    private static int[] merged(int[] some, int[] others) {
        int[] all = Arrays.copyOf(some, some.length + others.length);
        System.arraycopy(others, 0, all, some.length, others.length);
        Arrays.sort(all);
        return all;
    }

    /** Returns the tokens of an encoding at these positions. */
    private static Encoding of(Encoding encoding, int[] kept) {
        return new Encoding(
                pick(encoding.ids(), kept),
                pick(encoding.typeIds(), kept),
                Arrays.stream(kept).mapToObj(encoding.tokens()::get).toList(),
                pick(encoding.sequences(), kept),
                pick(encoding.words(), kept),
                pick(encoding.starts(), kept),
                pick(encoding.ends(), kept));
    }

    private static int[] pick(int[] values, int[] kept) {
        return Arrays.stream(kept).map(i -> values[i]).toArray();
    }
}

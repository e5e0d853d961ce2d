package detangle.models.text;

import detangle.models.text.encoder.Charsmap;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A text as SentencePiece normalises it before it looks for pieces (normalizer.cc): rules applied to the longest prefix
 * each, spaces joined, cut off at both ends and written as U+2581, one of them in front.
 *
 * @param text empty if nothing is left
 * @param origins for each code point, and for the end, where in the given text it comes from, in code points
 */
record NormalisedText(String text, int[] origins) {
    private static final int META_SPACE = 0x2581;

    /** The greatest factor by which the rules may lengthen a text, as in the encoder of the other tokenizers. */
    private static final int MAX_GROWTH_FACTOR = 32;

    private static final int GROWTH_OF_THE_SHORTEST = 64;

    /**
     * Throws a {@link TokenizerException} if the rules make too much of the text.
     *
     * @param file that has the rules, for messages
     * @param rules none if the model has none
     */
    static NormalisedText of(Path file, String given, Optional<Charsmap> rules) {
        byte[] utf8 = given.getBytes(StandardCharsets.UTF_8);
        int[] codePointAt = codePoints(utf8);
        StringBuilder text = new StringBuilder();
        List<Integer> origins = new ArrayList<>();
        boolean afterSpace = true;
        int at = 0;
        while (at < utf8.length) {
            int from = at;
            Charsmap.Match match = rules.flatMap(r -> r.longest(utf8, from)).orElseGet(() -> character(utf8, from));
            for (int codePoint : match.replacement().codePoints().toArray()) {
                boolean space = codePoint == ' ';
                if (space && afterSpace) {
                    continue;
                }
                if (origins.isEmpty()) {
                    append(text, origins, META_SPACE, codePointAt[at]);
                }
                append(text, origins, space ? META_SPACE : codePoint, codePointAt[at]);
                afterSpace = space;
            }
            at += match.length();
            if (origins.size() > (long) MAX_GROWTH_FACTOR * codePointAt[utf8.length] + GROWTH_OF_THE_SHORTEST) {
                throw new TokenizerException(
                        file,
                        "a text cannot be encoded: the normalizer makes the text more than " + MAX_GROWTH_FACTOR
                                + " times longer");
            }
        }
        int end = codePointAt[utf8.length];
        while (!origins.isEmpty() && text.charAt(text.length() - 1) == META_SPACE) {
            text.setLength(text.length() - 1);
            end = origins.removeLast();
        }
        origins.add(end);
        return new NormalisedText(
                text.toString(), origins.stream().mapToInt(i -> i).toArray());
    }

    private static void append(StringBuilder text, List<Integer> origins, int codePoint, int origin) {
        text.appendCodePoint(codePoint);
        origins.add(origin);
    }

    /** Returns the character at a byte, which no rule is for. */
    private static Charsmap.Match character(byte[] utf8, int from) {
        int length = length(utf8[from]);
        return new Charsmap.Match(
                length, new String(Arrays.copyOfRange(utf8, from, from + length), StandardCharsets.UTF_8));
    }

    /** Returns the length of the character that begins with a byte; the bytes come out of a well-formed string. */
    private static int length(byte first) {
        int high = Integer.numberOfLeadingZeros(~(first << 24));
        return Math.max(1, high);
    }

    /** Returns how many characters are before each byte, and before the end. */
    private static int[] codePoints(byte[] utf8) {
        int[] before = new int[utf8.length + 1];
        for (int i = 0; i < utf8.length; i++) {
            boolean next = i + 1 == utf8.length || (utf8[i + 1] & 0xc0) != 0x80;
            before[i + 1] = before[i] + (next ? 1 : 0);
        }
        return before;
    }
}

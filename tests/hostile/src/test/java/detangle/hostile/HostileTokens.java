package detangle.hostile;

import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Many tokens, or long ones, for vocabularies. */
final class HostileTokens {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

    private HostileTokens() {}

    /** Tokens that have next to nothing in common, in a list. */
    static String random(int count, int length, String prefix, String between) {
        SplittableRandom random = new SplittableRandom(7);
        return IntStream.range(0, count)
                .mapToObj(i -> prefix.replace("#", Integer.toString(100 + i)).replace("%", letters(length, random)))
                .collect(Collectors.joining(between));
    }

    private static String letters(int length, SplittableRandom random) {
        StringBuilder letters = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            letters.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return letters.toString();
    }
}

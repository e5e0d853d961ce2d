package detangle.models.text.encoder;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression out of a file, which the library runs with Oniguruma and this class with the JDK. It is written
 * so that it means the same ({@link PatternSyntax}), and matching may take so many steps and no more: an
 * expression can be written that takes for ever otherwise.
 */
public final class SafePattern {
    /** Steps for each character of a text, and for a text at least. */
    private static final long STEPS_PER_CHARACTER = 500;

    private static final long STEPS_OF_THE_SHORTEST = 100_000;

    private final Pattern pattern;

    private SafePattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /**
     * Returns an expression that means the same to Oniguruma.
     *
     * @throws IllegalArgumentException that says what is wrong with it
     */
    public static SafePattern compile(String expression) {
        String translated = PatternSyntax.translate(expression);
        try {
            // Lines end at \n alone, and ^ and $ are of lines, as Oniguruma has them.
            return new SafePattern(Pattern.compile(
                    translated, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNIX_LINES | Pattern.MULTILINE));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("it is not a regular expression", e);
        }
    }

    /** Adds what matches in a text. An empty match right behind another does not count. */
    void find(AlignedText text, Spans found) {
        if (text.isEmpty()) {
            return;
        }
        String characters = text.text();
        Matcher matcher = pattern.matcher(
                new Counted(characters, new Steps(STEPS_OF_THE_SHORTEST + STEPS_PER_CHARACTER * characters.length())));
        int at = 0;
        int codePoints = 0;
        int last = -1;
        try {
            while (matcher.find()) {
                boolean empty = matcher.start() == matcher.end();
                if (empty && (matcher.start() == last || isWithinPair(characters, matcher.start()))) {
                    continue;
                }
                last = matcher.end();
                int start = codePoints + characters.codePointCount(at, matcher.start());
                codePoints = start + characters.codePointCount(matcher.start(), last);
                at = last;
                found.add(start, codePoints);
            }
        } catch (NoStepsLeft e) {
            throw new EncodingException("a regular expression of the tokenizer takes too long for this text");
        } catch (StackOverflowError e) {
            throw new EncodingException("a regular expression of the tokenizer needs too much memory for this text");
        }
    }

    /**
     * Returns whether the expression matches all of a text.
     *
     * @param steps that all texts take together
     * @throws IllegalArgumentException if there are too few of them, or the text needs too much memory
     */
    public boolean matches(String text, Steps steps) {
        try {
            return pattern.matcher(new Counted(text, steps)).matches();
        } catch (NoStepsLeft | StackOverflowError e) {
            throw new IllegalArgumentException("it takes too long", e);
        }
    }

    private static boolean isWithinPair(String text, int index) {
        return index > 0
                && index < text.length()
                && Character.isSurrogatePair(text.charAt(index - 1), text.charAt(index));
    }

    /** Counts how many more characters may be looked at. */
    public static final class Steps {
        private long left;

        public Steps(long left) {
            this.left = left;
        }

        private void spend() {
            if (left-- <= 0) {
                throw new NoStepsLeft();
            }
        }
    }

    /** All characters have been looked at that may be. */
    private static final class NoStepsLeft extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoStepsLeft() {
            super("no steps are left", null, false, false);
        }
    }

    /** A text that counts how often it is looked at. */
    private record Counted(String text, Steps steps) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            steps.spend();
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}

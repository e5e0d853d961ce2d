package detangle.pipelines.schema;

import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression of Python's re, matched by the JDK without regard to case. {@link PythonSyntax} translates it to
 * one with the same meaning. Matching has a bounded number of steps, because some expressions would otherwise take for
 * ever.
 */
public final class PythonPattern {
    /** The steps that matching may take for each character of a value; they take milliseconds. */
    private static final long STEPS_PER_CHARACTER = 5_000;

    private static final long STEPS_OF_THE_SHORTEST = 500_000;

    private final String source;
    private final Pattern pattern;

    private PythonPattern(String source, Pattern pattern) {
        this.source = source;
        this.pattern = pattern;
    }

    /**
     * Returns an expression.
     *
     * @throws SchemaException if the expression is not valid or not supported; its message says what is wrong
     */
    public static PythonPattern compile(String expression) {
        try {
            // Lines end at \n alone in Python.
            return new PythonPattern(
                    expression,
                    Pattern.compile(
                            PythonSyntax.translate(expression),
                            Pattern.CASE_INSENSITIVE
                                    | Pattern.UNICODE_CASE
                                    | Pattern.UNICODE_CHARACTER_CLASS
                                    | Pattern.UNIX_LINES));
        } catch (PatternSyntaxException e) {
            throw new SchemaException(
                    "'" + expression + "' is not a regular expression: " + e.getDescription() + ": correct it", e);
        }
    }

    /**
     * Returns whether it matches all of a text. It throws a {@link SchemaException} if matching takes too many steps.
     */
    public boolean matches(String text) {
        return test(text, Matcher::matches);
    }

    /**
     * Returns whether it matches a part of a text. It throws a {@link SchemaException} if matching takes too many
     * steps.
     */
    public boolean isIn(String text) {
        return test(text, Matcher::find);
    }

    private boolean test(String text, Predicate<Matcher> how) {
        try {
            return how.test(
                    pattern.matcher(new Counted(text, STEPS_OF_THE_SHORTEST + STEPS_PER_CHARACTER * text.length())));
        } catch (NoStepsLeft | StackOverflowError e) {
            throw new SchemaException(
                    "the validator '" + source + "' takes too long for a value of " + text.length()
                            + " characters: write it without repetitions inside repetitions",
                    e);
        }
    }

    /** Returns the expression as it was given. */
    @Override
    public String toString() {
        return source;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PythonPattern pattern && pattern.source.equals(source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }

    /** The exception for a match that has used up its steps. */
    private static final class NoStepsLeft extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoStepsLeft() {
            super("no steps are left", null, false, false);
        }
    }

    /** A text that counts how many characters are read. */
    private static final class Counted implements CharSequence {
        private final String text;
        private long left;

        Counted(String text, long left) {
            this.text = text;
            this.left = left;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (left-- <= 0) {
                throw new NoStepsLeft();
            }
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

package detangle.models.text.encoder;

/** The patterns that are looked for in a text. */
public sealed interface TextPattern {
    /** The text itself, which is not empty. */
    record Literal(String text) implements TextPattern {}

    /** A code point that is there a number of times in a row, as many as there are: {@code " {2,}"}. */
    record Run(int codePoint, int atLeast) implements TextPattern {}

    /** A regular expression. */
    record Regex(SafePattern pattern) implements TextPattern {}

    /** Returns the parts of a text that match, in their order. */
    static Spans find(TextPattern pattern, AlignedText text) {
        Spans found = new Spans();
        switch (pattern) {
            case Literal literal -> literal(literal.text().codePoints().toArray(), text, found);
            case Run run -> run(run, text, found);
            case Regex regex -> regex.pattern().find(text, found);
        }
        return found;
    }

    private static void literal(int[] sought, AlignedText text, Spans found) {
        int last = text.length() - sought.length;
        for (int i = 0; i <= last; i++) {
            int same = 0;
            while (same < sought.length && text.at(i + same) == sought[same]) {
                same++;
            }
            if (same == sought.length) {
                found.add(i, i + same);
                i += same - 1;
            }
        }
    }

    private static void run(Run run, AlignedText text, Spans found) {
        for (int i = 0; i < text.length(); i++) {
            int start = i;
            while (i < text.length() && text.at(i) == run.codePoint()) {
                i++;
            }
            if (i - start >= run.atLeast()) {
                found.add(start, i);
            }
        }
    }
}

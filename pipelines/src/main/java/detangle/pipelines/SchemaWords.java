package detangle.pipelines;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A text as GLiNER2 divides it into words (gliner2/processor.py, WhitespaceTokenSplitter): addresses of the web and of
 * mail, names that begin with an at sign, words with hyphens, and single characters; without regard to case. One pass
 * over the text does it, while the original's regular expression takes time in the square of a text like {@code
 * a.a.a.a}.
 */
final class SchemaWords {
    private final String text;
    private final List<Word> words = new ArrayList<>();

    /** The index after the last run of characters that may be the name in an address of mail. */
    private int nameEnd = -1;

    /** The index after the address that this run begins; -1 if it begins none. */
    private int mailEnd = -1;

    private SchemaWords(String text) {
        this.text = text;
    }

    /**
     * A part of a text.
     *
     * @param lower the part in lower case, which the model reads
     * @param start index of its first character
     * @param end the index after its last
     */
    record Word(String lower, int start, int end) {}

    static List<Word> of(String text) {
        SchemaWords all = new SchemaWords(text);
        int at = 0;
        while (at < text.length()) {
            int point = text.codePointAt(at);
            if (isSpace(point)) {
                at += Character.charCount(point);
                continue;
            }
            int end = all.end(at, point);
            all.words.add(new Word(text.substring(at, end).toLowerCase(Locale.ROOT), at, end));
            at = end;
        }
        return all.words;
    }

    private int end(int at, int point) {
        int end = webEnd(at);
        if (end < 0 && isOfName(point)) {
            end = mailEnd(at);
        }
        if (end < 0 && point == '@') {
            end = handleEnd(at + 1);
        }
        if (end < 0 && isWord(point)) {
            end = wordEnd(at);
        }
        return end < 0 ? at + Character.charCount(point) : end;
    }

    /** Returns the end of {@code https?://\S+} or {@code www\.\S+} that begins here, or -1. */
    private int webEnd(int at) {
        int from = -1;
        if (text.regionMatches(true, at, "http", 0, 4)) {
            int i = at + 4;
            // The long s is an s without regard to case.
            i += i < text.length() && "sS\u017f".indexOf(text.charAt(i)) >= 0 ? 1 : 0;
            from = text.startsWith("://", i) ? i + 3 : -1;
        } else if (text.regionMatches(true, at, "www.", 0, 4)) {
            from = at + 4;
        }
        if (from < 0) {
            return -1;
        }
        int i = from;
        while (i < text.length() && !isSpace(text.codePointAt(i))) {
            i += Character.charCount(text.codePointAt(i));
        }
        return i > from ? i : -1;
    }

    /**
     * Returns the end of {@code [a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}} that begins here, or -1; the same for each start
     * in a name.
     */
    private int mailEnd(int at) {
        if (at < nameEnd) {
            return mailEnd;
        }
        int i = at;
        while (i < text.length() && isOfName(text.charAt(i))) {
            i++;
        }
        nameEnd = i;
        mailEnd = i < text.length() && text.charAt(i) == '@' ? domainEnd(i + 1) : -1;
        return mailEnd;
    }

    /** The longest domain ends with the last dot that letters follow. */
    private int domainEnd(int from) {
        int i = from;
        int end = -1;
        int dot = -1;
        while (i < text.length() && (isAlphanumeric(text.charAt(i)) || ".-".indexOf(text.charAt(i)) >= 0)) {
            char c = text.charAt(i);
            if (c == '.') {
                dot = i > from ? i : -1;
            } else if (!isLetter(c)) {
                dot = -1;
            } else if (dot >= 0 && i - dot >= 2) {
                end = i + 1;
            }
            i++;
        }
        return end;
    }

    private int handleEnd(int from) {
        int i = from;
        while (i < text.length() && (isAlphanumeric(text.charAt(i)) || text.charAt(i) == '_')) {
            i++;
        }
        return i > from ? i : -1;
    }

    /** Returns the end of {@code \w+(?:[-_]\w+)*}. */
    private int wordEnd(int at) {
        int i = at;
        while (i < text.length()) {
            int next = text.charAt(i) == '-' && i > at ? i + 1 : i;
            if (next == text.length() || !isWord(text.codePointAt(next))) {
                return i;
            }
            i = next + Character.charCount(text.codePointAt(next));
        }
        return i;
    }

    /** Returns what {@code [a-z]} matches without regard to case in Python. */
    private static boolean isLetter(int point) {
        return point >= 'a' && point <= 'z'
                || point >= 'A' && point <= 'Z'
                || point == 0x130
                || point == 0x131
                || point == 0x17f
                || point == 0x212a;
    }

    private static boolean isAlphanumeric(int point) {
        return isLetter(point) || point >= '0' && point <= '9';
    }

    private static boolean isOfName(int point) {
        return isAlphanumeric(point) || point < 0x80 && "._%+-".indexOf(point) >= 0;
    }

    /** Letters, numbers of every kind and the underscore, and no accents that stand alone. */
    private static boolean isWord(int point) {
        return switch (Character.getType(point)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.LETTER_NUMBER,
                    Character.OTHER_NUMBER -> true;
            default -> point == '_';
        };
    }

    /** Returns what Python's {@code \s} matches. */
    private static boolean isSpace(int point) {
        return switch (point) {
            case 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0 -> true;
            default -> point > 0xff && Character.isSpaceChar(point);
        };
    }
}

package detangle.pipelines;

import java.lang.Character.UnicodeScript;
import java.util.EnumSet;
import java.util.Set;

/** Widens a part of a text to the words in which it begins and ends. */
final class WholeWords {
    /** Scripts that are written without spaces between words: letters beside a part do not belong to its word. */
    private static final Set<UnicodeScript> WITHOUT_SPACES = EnumSet.of(
            UnicodeScript.HAN,
            UnicodeScript.HIRAGANA,
            UnicodeScript.KATAKANA,
            UnicodeScript.THAI,
            UnicodeScript.LAO,
            UnicodeScript.KHMER,
            UnicodeScript.MYANMAR,
            UnicodeScript.TIBETAN);

    private WholeWords() {}

    /** Returns an entity that is widened to the words in which it begins and ends. */
    static Entity around(String text, Entity entity) {
        int start = entity.start();
        int end = entity.end();
        while (start > 0 && start < text.length() && joins(text, start)) {
            start -= Character.charCount(text.codePointBefore(start));
        }
        while (end > 0 && end < text.length() && joins(text, end)) {
            end += Character.charCount(text.codePointAt(end));
        }
        return start == entity.start() && end == entity.end()
                ? entity
                : new Entity(entity.entity(), entity.score(), text.substring(start, end), start, end);
    }

    /** Returns whether the code points before and after a place belong to one word. */
    private static boolean joins(String text, int index) {
        return isOfWord(text.codePointBefore(index)) && isOfWord(text.codePointAt(index));
    }

    private static boolean isOfWord(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> Character.isLetterOrDigit(codePoint) && !WITHOUT_SPACES.contains(UnicodeScript.of(codePoint));
        };
    }
}

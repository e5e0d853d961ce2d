package detangle.models.text.encoder;

import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.Locale;
import java.util.Optional;

/**
 * SentencePiece's rules as the library applies them ({@code normalizers/precompiled.rs}), which is not as SentencePiece
 * does: to each grapheme of fewer than six bytes as a whole, of which the shortest prefix that has a rule counts, and
 * otherwise to each character.
 */
final class CharsmapRules {
    /** Graphemes of as many bytes or more are taken character by character. */
    private static final int LONG_GRAPHEME = 6;

    private static final int SOME_LETTER = 'x';

    private CharsmapRules() {}

    static AlignedText apply(Charsmap rules, AlignedText text) {
        Changes changes = new Changes(text.length());
        boolean modified = false;
        int at = 0;
        while (at < text.length()) {
            int run = runEnd(text, at);
            if (run == at + 1) {
                modified |= character(rules, text, at, changes);
            } else {
                modified |= graphemes(rules, text, at, run, changes);
            }
            at = run;
        }
        return modified ? changes.apply(text) : text;
    }

    /**
     * Returns the end of a part that divides into graphemes by itself: between two characters of ASCII but CR LF is a
     * border.
     */
    private static int runEnd(AlignedText text, int start) {
        int end = start + 1;
        while (end < text.length()
                && (text.at(end - 1) >= 0x80
                        || text.at(end) >= 0x80
                        || text.at(end - 1) == '\r' && text.at(end) == '\n')) {
            end++;
        }
        return end;
    }

    private static boolean graphemes(Charsmap rules, AlignedText text, int from, int to, Changes changes) {
        String run = text.slice(from, to).map(CharsmapRules::assigned).text();
        BreakIterator borders = BreakIterator.getCharacterInstance(Locale.ROOT);
        borders.setText(run);
        boolean modified = false;
        int at = from;
        int start = borders.first();
        for (int end = borders.next(); end != BreakIterator.DONE; end = borders.next()) {
            int count = run.codePointCount(start, end);
            modified |= grapheme(rules, text, at, count, changes);
            at += count;
            start = end;
        }
        return modified;
    }

    /**
     * The JDK ends a grapheme at every code point that is not assigned, Unicode only at those that are not to be seen.
     */
    private static int assigned(int codePoint) {
        boolean ignorable = codePoint == 0x2065
                || codePoint >= 0xfff0 && codePoint <= 0xfff8
                || codePoint >= 0xe0000 && codePoint <= 0xe0fff;
        return Character.getType(codePoint) == Character.UNASSIGNED && !ignorable ? SOME_LETTER : codePoint;
    }

    private static boolean grapheme(Charsmap rules, AlignedText text, int at, int count, Changes changes) {
        if (count > 1 && count < LONG_GRAPHEME) {
            byte[] utf8 = text.text(at, at + count).getBytes(StandardCharsets.UTF_8);
            Optional<String> whole = utf8.length < LONG_GRAPHEME ? rules.shortest(utf8) : Optional.empty();
            if (whole.isPresent()) {
                changes.replace(count, whole.get());
                return true;
            }
        }
        boolean modified = false;
        for (int i = at; i < at + count; i++) {
            modified |= character(rules, text, i, changes);
        }
        return modified;
    }

    private static boolean character(Charsmap rules, AlignedText text, int at, Changes changes) {
        Optional<String> replacement = rules.ofCharacter(text.at(at));
        if (replacement.isEmpty()) {
            changes.add(text.at(at), 0);
            return false;
        }
        changes.replace(1, replacement.get());
        return true;
    }
}

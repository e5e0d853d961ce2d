package detangle.models.text.encoder;

import java.text.Normalizer.Form;
import java.util.function.IntPredicate;

/** Changes a text as a {@link Normalizer} says. */
final class Normalization {
    private static final int DOTTED_CAPITAL_I = 0x130;
    private static final int COMBINING_DOT_ABOVE = 0x307;
    private static final int REPLACEMENT = 0xfffd;

    private Normalization() {}

    static AlignedText apply(Normalizer normalizer, AlignedText text) {
        return switch (normalizer) {
            case Normalizer.Sequence sequence -> {
                AlignedText normalised = text;
                for (Normalizer step : sequence.steps()) {
                    normalised = apply(step, normalised);
                }
                yield normalised;
            }
            case Normalizer.Lowercase _ -> lowercase(text);
            case Normalizer.Strip strip -> strip(strip, text);
            case Normalizer.StripAccents _ -> without(LibraryUnicode::isMark, text);
            case Normalizer.Unicode unicode -> UnicodeForms.normalise(unicode.form(), text);
            case Normalizer.Nmt _ -> nmt(text);
            case Normalizer.Precompiled precompiled -> CharsmapRules.apply(precompiled.rules(), text);
            case Normalizer.Replace replace -> replace(replace, text);
            case Normalizer.Prepend prepend -> prepend(prepend.content(), text);
            case Normalizer.Bert bert -> bert(bert, text);
        };
    }

    private static AlignedText lowercase(AlignedText text) {
        boolean grows = false;
        boolean changes = false;
        for (int i = 0; i < text.length(); i++) {
            grows |= text.at(i) == DOTTED_CAPITAL_I;
            changes |= text.at(i) != Character.toLowerCase(text.at(i));
        }
        if (!grows) {
            return changes ? text.map(Character::toLowerCase) : text;
        }
        AlignedText.Builder builder = text.builder();
        for (int i = 0; i < text.length(); i++) {
            builder.addAs(Character.toLowerCase(text.at(i)), i);
            if (text.at(i) == DOTTED_CAPITAL_I) {
                builder.addAs(COMBINING_DOT_ABOVE, i);
            }
        }
        return builder.build();
    }

    private static AlignedText strip(Normalizer.Strip strip, AlignedText text) {
        int left = 0;
        while (strip.left() && left < text.length() && LibraryUnicode.isWhiteSpace(text.at(left))) {
            left++;
        }
        int right = 0;
        while (strip.right()
                && right < text.length() - left
                && LibraryUnicode.isWhiteSpace(text.at(text.length() - 1 - right))) {
            right++;
        }
        return left + right == 0 ? text : text.trimmed(left, right);
    }

    private static AlignedText without(IntPredicate removed, AlignedText text) {
        AlignedText.Builder builder = text.builder();
        for (int i = 0; i < text.length(); i++) {
            if (!removed.test(text.at(i))) {
                builder.addAs(text.at(i), i);
            }
        }
        return builder.build();
    }

    private static AlignedText nmt(AlignedText text) {
        return without(
                        c -> c >= 0x01 && c <= 0x08
                                || c == 0x0b
                                || c >= 0x0e && c <= 0x1f
                                || c == 0x7f
                                || c == 0x8f
                                || c == 0x9f,
                        text)
                .map(c -> switch (c) {
                    case '\t', '\n', '\f', '\r', 0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, REPLACEMENT -> ' ';
                    default -> c >= 0x200b && c <= 0x200f ? ' ' : c;
                });
    }

    /** Writes text for a match. The text is aligned to the last code point of the match. */
    private static AlignedText replace(Normalizer.Replace replace, AlignedText text) {
        Spans found = TextPattern.find(replace.pattern(), text);
        if (found.isEmpty()) {
            return text;
        }
        int[] content = replace.content().codePoints().toArray();
        AlignedText.Builder builder = text.builder();
        int copied = 0;
        for (int match = 0; match < found.size(); match++) {
            while (copied < found.start(match)) {
                builder.addAs(text.at(copied), copied++);
            }
            copied = found.end(match);
            for (int codePoint : content) {
                if (copied > 0) {
                    builder.addAs(codePoint, copied - 1);
                } else {
                    builder.addAtOrigin(codePoint);
                }
            }
        }
        while (copied < text.length()) {
            builder.addAs(text.at(copied), copied++);
        }
        return builder.build();
    }

    /** Puts text in front. The text is aligned to the first code point. */
    static AlignedText prepend(String content, AlignedText text) {
        if (text.isEmpty()) {
            return text;
        }
        AlignedText.Builder builder = text.builder();
        content.codePoints().forEach(c -> builder.addAs(c, 0));
        for (int i = 0; i < text.length(); i++) {
            builder.addAs(text.at(i), i);
        }
        return builder.build();
    }

    private static AlignedText bert(Normalizer.Bert bert, AlignedText text) {
        AlignedText cleaned = text;
        if (bert.cleanText()) {
            cleaned = without(c -> c == 0 || c == REPLACEMENT || LibraryUnicode.isControl(c), cleaned)
                    .map(c -> LibraryUnicode.isWhiteSpace(c) ? ' ' : c);
        }
        if (bert.chineseCharacters()) {
            cleaned = spaced(cleaned);
        }
        if (bert.stripAccents().orElse(bert.lowercase())) {
            cleaned = without(LibraryUnicode::isAccent, UnicodeForms.normalise(Form.NFD, cleaned));
        }
        return bert.lowercase() ? lowercase(cleaned) : cleaned;
    }

    private static AlignedText spaced(AlignedText text) {
        AlignedText.Builder builder = text.builder();
        for (int i = 0; i < text.length(); i++) {
            boolean chinese = LibraryUnicode.isChinese(text.at(i));
            if (chinese) {
                builder.addAs(' ', i);
            }
            builder.addAs(text.at(i), i);
            if (chinese) {
                builder.addAs(' ', i);
            }
        }
        return builder.build();
    }
}

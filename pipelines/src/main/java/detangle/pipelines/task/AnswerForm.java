package detangle.pipelines.task;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.function.DoubleFunction;

/**
 * The form of scores and places in answers.
 *
 * @param score writes a score for JSON
 * @param offsets the unit of places in a text
 */
public record AnswerForm(DoubleFunction<Number> score, Offsets offsets) {
    /** The units of places in a text. */
    public enum Offsets {
        /** Code points, as Python and HuggingFace count. */
        CODE_POINTS,
        /** Units of UTF-16, as Java and JavaScript count. */
        UTF_16
    }

    /** The form with scores in single precision, which has all digits that models have, and places in code points. */
    public static final AnswerForm SINGLE = new AnswerForm(score -> (float) score, Offsets.CODE_POINTS);

    /** Returns the same form with the offsets of the options, if they state them. */
    AnswerForm with(Fields options) {
        return options.optionalText(TextTask.OFFSETS.name())
                .map(name -> new AnswerForm(score, Offsets.valueOf(name.toUpperCase(Locale.ROOT))))
                .orElse(this);
    }

    /** Returns the place of a character of a text, by its index as of {@link String#substring}. */
    public int place(String text, int index) {
        return offsets == Offsets.UTF_16 ? index : text.codePointCount(0, index);
    }

    /** Returns an object of names and values in turn. */
    static SequencedMap<String, Object> object(Object... namesAndValues) {
        SequencedMap<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    /** The places of one text. Most calls come in order, so each search begins at the last place. */
    final class Places {
        private final String text;
        private int index;
        private int place;

        Places(String text) {
            this.text = text;
        }

        /** @param at an index of the text, as of {@link String#substring} */
        int of(int at) {
            if (offsets == Offsets.UTF_16) {
                return at;
            }
            place += at >= index ? text.codePointCount(index, at) : -text.codePointCount(at, index);
            index = at;
            return place;
        }
    }
}

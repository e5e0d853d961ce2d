package detangle.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a command found out about a text.
 *
 * @param json as HuggingFace's pipeline for the task returns it
 * @param records the same as rows of a table, whose columns the command tells
 * @param text the same for people
 */
record Result(Object json, List<List<Object>> records, String text) {

    /** Six decimals: single precision has no more. */
    static double rounded(double score) {
        return Math.rint(score * 1e6) / 1e6;
    }

    /** {@code card_arrival (0.98)}. */
    static String scored(String what, double score) {
        return String.format(Locale.ROOT, "%s (%.2f)", what, score);
    }

    /** A JSON object of names and values in turn. */
    static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    /** The place of a character as Python counts, by code points. */
    static int codePoint(String text, int index) {
        return text.codePointCount(0, index);
    }
}

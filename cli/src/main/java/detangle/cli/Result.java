package detangle.cli;

import detangle.pipelines.task.AnswerForm;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The answer to a row, in each way in which it can be printed.
 *
 * @param row the row's place in the list that the command was given
 * @param json as HuggingFace's pipeline for the task returns it
 * @param answer one value for each of {@link PipelineCommand#answer}; JSON has only those that are there
 * @param records any number of rows of a table, with a value for each of {@link PipelineCommand#columns}
 * @param text a line for people
 * @param marked the text with its spans marked, of commands that find any
 */
record Result(
        int row,
        Object json,
        SequencedMap<String, Object> answer,
        List<List<Object>> records,
        String text,
        Optional<String> marked) {
    Result(int row, Object json, SequencedMap<String, Object> answer, List<List<Object>> records, String text) {
        this(row, json, answer, records, text, Optional.empty());
    }

    Result withMarked(String value) {
        return new Result(row, json, answer, records, text, Optional.of(value));
    }

    /** The form in which commands write answers that a server gives too. */
    static final AnswerForm FORM = new AnswerForm(Result::rounded, AnswerForm.Offsets.CODE_POINTS);

    /** Six decimals, as single precision has no more, and six digits of what is smaller than a thousandth. */
    static double rounded(double score) {
        return Math.abs(score) < 1e-3 ? digits(score, 6).doubleValue() : Math.rint(score * 1e6) / 1e6;
    }

    /**
     * {@code card_arrival (0.98)}; a small score keeps three digits, as 0.00 would say nothing: {@code 0.00412}, {@code
     * 3.2E-7}.
     */
    static String scored(String what, double score) {
        boolean small = Math.abs(score) < 0.01 && score != 0;
        return what + " (" + (small ? digits(score, 3) : String.format(Locale.ROOT, "%.2f", score)) + ")";
    }

    private static BigDecimal digits(double score, int digits) {
        return new BigDecimal(score).round(new MathContext(digits)).stripTrailingZeros();
    }

    /** Returns a JSON object of names and values in turn. */
    static SequencedMap<String, Object> object(Object... namesAndValues) {
        SequencedMap<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    /** Returns the values of an object by some of its names, in their order: a row of a table. */
    static List<Object> values(SequencedMap<String, Object> object, List<String> names) {
        return names.stream().map(object::get).toList();
    }

    /** Returns the place of a character as Python counts, by code points. */
    static int codePoint(String text, int index) {
        return text.codePointCount(0, index);
    }
}

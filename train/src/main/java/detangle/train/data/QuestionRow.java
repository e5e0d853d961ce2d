package detangle.train.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A question to a text, with the answers that are right.
 *
 * @param where the name of the row in messages
 * @param id the id that predictions have too
 * @param context the text
 * @param question the question, without white space before it
 * @param answers the right answers; none if the text does not answer the question
 */
public record QuestionRow(String where, String id, String context, String question, List<Answer> answers) {
    /**
     * A part of the text.
     *
     * @param text the text as in the context
     * @param start the number of its first code point
     */
    public record Answer(String text, int start) {}

    /** Checks that each answer is in the context where it is said to be. */
    public QuestionRow {
        answers = List.copyOf(answers);
        int length = context.codePointCount(0, context.length());
        for (Answer answer : answers) {
            boolean inside = answer.start >= 0 && answer.start <= length;
            if (!inside || !context.startsWith(answer.text, context.offsetByCodePoints(0, answer.start))) {
                throw new DataException(where + ": the answer '" + answer.text + "' does not stand at character "
                        + answer.start + " of its context");
            }
        }
    }

    /**
     * Reads a row as SQuAD's datasets have it: columns context, question, perhaps id, and answers with lists text and
     * answer_start. A row whose column is_impossible is true has no answers, as in a file of SQuAD.
     */
    static QuestionRow of(DataRow row) {
        Object given = row.columns().get("answers") == null ? Map.of() : row.value("answers");
        if (!(given instanceof Map<?, ?> answers)) {
            throw new DataException(row.where() + ", column 'answers' is not an object with text and answer_start");
        }
        List<Answer> found = new ArrayList<>();
        if (answers.get("text") instanceof List<?> texts && answers.get("answer_start") instanceof List<?> starts) {
            for (int i = 0; i < Math.min(texts.size(), starts.size()); i++) {
                if (!(starts.get(i) instanceof Number start)) {
                    throw new DataException(row.where() + ": an answer_start is not a number");
                }
                found.add(new Answer(String.valueOf(texts.get(i)), start.intValue()));
            }
        } else if (!answers.isEmpty()) {
            throw new DataException(row.where() + ", column 'answers' has no lists text and answer_start");
        }
        return new QuestionRow(
                row.where(),
                row.columns().get("id") == null ? row.where() : row.value("id").toString(),
                row.text("context"),
                row.text("question").stripLeading(),
                isImpossible(row) ? List.of() : found);
    }

    private static boolean isImpossible(DataRow row) {
        String given = row.columns().get("is_impossible") == null
                ? "false"
                : LabelMap.name(row.value("is_impossible")).strip();
        return given.equalsIgnoreCase("true") || given.equals("1");
    }
}

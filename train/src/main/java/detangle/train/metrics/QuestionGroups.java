package detangle.train.metrics;

import java.util.HashMap;
import java.util.Map;

/**
 * The measures of SuperGLUE's MultiRC, where each row is an answer that is right or not, and several belong to a question.
 *
 * @param exact the share of questions all of whose answers were told right from wrong
 * @param f1 F1 of the right answers, over all answers
 */
public record QuestionGroups(double exact, double f1) {

    /**
     * Compares predictions with labels.
     *
     * @param questions which question each answer belongs to
     * @param labels 1 for a right answer, else 0
     * @param predictions the same, as predicted
     */
    public static QuestionGroups of(int[] questions, int[] labels, int[] predictions) {
        Map<Integer, Boolean> whole = new HashMap<>();
        for (int i = 0; i < questions.length; i++) {
            whole.merge(questions[i], labels[i] == predictions[i], Boolean::logicalAnd);
        }
        double exact = whole.values().stream().filter(Boolean::booleanValue).count();
        return new QuestionGroups(
                exact / whole.size(),
                ConfusionMatrix.of(labels, predictions, 2).of(1).f1());
    }
}

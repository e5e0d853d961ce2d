package detangle.train.metrics;

import java.util.HashMap;
import java.util.Map;

/**
 * The measures of SuperGLUE's MultiRC. Each row is an answer that is right or wrong, and a question has several
 * answers.
 *
 * @param exact the share of questions whose answers were all predicted correctly
 * @param f1 F1 of the right answers, over all answers
 */
public record QuestionGroups(double exact, double f1) {

    /**
     * Compares predictions with labels.
     *
     * @param questions the number of the question that each answer belongs to
     * @param labels 1 for each right answer, and 0 for each wrong one
     * @param predictions the predicted labels
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

package detangle.train.metrics;

/** Measures how often the right option of a question has the greatest score. */
public final class ChoiceMetrics {
    private ChoiceMetrics() {}

    /**
     * Returns the original's {@code multi_accuracy}, for tasks that score each option by a classifier of two classes:
     * the share of questions whose option with the greatest probability of class 1 has the label 1.
     *
     * @param logits two logits for each option; the options of a question follow one another
     * @param labels the label of each option, 0 or 1
     * @param options the number of options of each question
     */
    public static double accuracy(float[][] logits, int[] labels, int options) {
        if (logits.length != labels.length || options < 1 || logits.length % options != 0) {
            throw new IllegalArgumentException(
                    logits.length + " rows of logits and " + labels.length + " labels for questions of " + options);
        }
        int questions = logits.length / options;
        int right = 0;
        for (int q = 0; q < questions; q++) {
            float[] scores = new float[options];
            float[] truth = new float[options];
            for (int o = 0; o < options; o++) {
                scores[o] = (float) Logits.softmax(logits[q * options + o])[1];
                truth[o] = labels[q * options + o];
            }
            right += Logits.argmax(scores) == Logits.argmax(truth) ? 1 : 0;
        }
        return (double) right / questions;
    }
}

package detangle.train.metrics;

/** How often the right one of several options has the greatest score. */
public final class ChoiceMetrics {
    private ChoiceMetrics() {}

    /**
     * The original's {@code multi_accuracy}, for tasks that score each option by a classifier of two classes: the share of questions of
     * which the option that most probably has class 1 is the one whose label is 1.
     *
     * @param logits two for each option; the options of a question follow one another
     * @param labels 0 or 1 for each option
     * @param options how many options each question has
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

package detangle.experiment.data;

import detangle.experiment.Predictions;
import detangle.train.data.Target;
import detangle.train.metrics.Logits;
import java.util.List;

/** Questions with several options, each of which is an example with two classes: wrong and right. */
public final class OptionRows {
    /** The labels of the classes. */
    public static final List<String> LABELS = List.of("0", "1");

    private OptionRows() {}

    /** Returns the answer of an option. */
    public static Target target(boolean right) {
        return new Target.OneClass(right ? 1 : 0);
    }

    /**
     * Returns the number of the option of each question that has the greatest probability of being right; the first of
     * several.
     *
     * @param options the number of options of each question, which follow one another
     */
    public static int[] chosen(Predictions predictions, int options) {
        int[] chosen = new int[predictions.size() / options];
        for (int question = 0; question < chosen.length; question++) {
            float[] right = new float[options];
            for (int option = 0; option < options; option++) {
                right[option] = (float) Logits.softmax(predictions.logits(question * options + option))[1];
            }
            chosen[question] = Logits.argmax(right);
        }
        return chosen;
    }
}

package detangle.pipelines;

import java.util.List;

/**
 * The options by which a {@link LabelClassifier} judges texts.
 *
 * @param multiLabel whether each label is judged by itself, so that several may be right; otherwise the probabilities
 *     of all labels have the sum 1
 * @param threshold the least probability of a label in the answer, if each is judged by itself
 * @param prompt a question about the text, which stands in front of it; empty for none
 * @param examples texts with their labels, which stand behind the text
 */
public record LabelOptions(boolean multiLabel, double threshold, String prompt, List<LabelExample> examples) {
    /** The defaults of GLiClass: each label by itself, from a probability of 0.5 on, without a prompt and examples. */
    public static final LabelOptions DEFAULT = new LabelOptions(true, 0.5, "", List.of());

    /**
     * Keeps a copy of the examples.
     *
     * @throws PipelineException if the threshold is not a probability
     */
    public LabelOptions {
        examples = List.copyOf(examples);
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new PipelineException("the threshold is " + threshold + "; it must be between 0 and 1");
        }
    }

    public LabelOptions withMultiLabel(boolean value) {
        return new LabelOptions(value, threshold, prompt, examples);
    }

    public LabelOptions withThreshold(double value) {
        return new LabelOptions(multiLabel, value, prompt, examples);
    }

    public LabelOptions withPrompt(String value) {
        return new LabelOptions(multiLabel, threshold, value, examples);
    }

    public LabelOptions withExamples(List<LabelExample> value) {
        return new LabelOptions(multiLabel, threshold, prompt, value);
    }
}

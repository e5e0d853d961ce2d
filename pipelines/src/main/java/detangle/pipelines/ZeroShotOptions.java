package detangle.pipelines;

import java.util.List;
import java.util.Optional;

/**
 * The options by which a {@link ZeroShotClassifier} judges texts.
 *
 * @param template a sentence with {@code {}} where a label goes; a GLiClass model is told labels as they are, if it is
 *     {@link ZeroShotClassifier#TEMPLATE}
 * @param multiLabel whether each label is judged by itself; otherwise the labels share a probability of 1. One label
 *     alone is always judged by itself
 * @param prompt what a GLiClass model is asked of the text; empty for nothing
 * @param examples texts with their labels, which show a GLiClass model what is meant
 * @param chunks the parts in which a GLiClass model reads long texts and many labels; empty for all at once
 */
public record ZeroShotOptions(
        String template, boolean multiLabel, String prompt, List<LabelExample> examples, Optional<LabelChunks> chunks) {
    /** HuggingFace's: one label is right, and the sentence is {@link ZeroShotClassifier#TEMPLATE}. */
    public static final ZeroShotOptions DEFAULT =
            new ZeroShotOptions(ZeroShotClassifier.TEMPLATE, false, "", List.of(), Optional.empty());

    /** Keeps a copy of the examples. */
    public ZeroShotOptions {
        examples = List.copyOf(examples);
    }

    public ZeroShotOptions withTemplate(String value) {
        return new ZeroShotOptions(value, multiLabel, prompt, examples, chunks);
    }

    public ZeroShotOptions withMultiLabel(boolean value) {
        return new ZeroShotOptions(template, value, prompt, examples, chunks);
    }

    public ZeroShotOptions withPrompt(String value) {
        return new ZeroShotOptions(template, multiLabel, value, examples, chunks);
    }

    public ZeroShotOptions withExamples(List<LabelExample> value) {
        return new ZeroShotOptions(template, multiLabel, prompt, value, chunks);
    }

    public ZeroShotOptions withChunks(LabelChunks value) {
        return new ZeroShotOptions(template, multiLabel, prompt, examples, Optional.of(value));
    }
}

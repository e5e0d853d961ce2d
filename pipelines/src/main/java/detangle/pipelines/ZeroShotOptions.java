package detangle.pipelines;

import java.util.List;
import java.util.Optional;

/**
 * The options by which a {@link ZeroShotClassifier} judges texts.
 *
 * @param template a sentence with {@code {}} in the place of a label. With {@link ZeroShotClassifier#TEMPLATE}, a
 *     GLiClass model reads labels without a sentence
 * @param multiLabel whether each label is judged by itself; otherwise the scores of all labels have the sum 1. A single
 *     label is always judged by itself
 * @param prompt a question about the text for a GLiClass model; empty for none
 * @param examples texts with their right labels, for a GLiClass model
 * @param chunks the parts in which a GLiClass model reads long texts and many labels; empty for all at once
 */
public record ZeroShotOptions(
        String template, boolean multiLabel, String prompt, List<LabelExample> examples, Optional<LabelChunks> chunks) {
    /** The defaults of HuggingFace: one label is right, and the sentence is {@link ZeroShotClassifier#TEMPLATE}. */
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

package detangle.pipelines.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A classification that gives a text one label or several.
 *
 * @param task its name, which the prompt contains
 * @param labels at least two, of distinct names
 * @param multiLabel whether the answer has all labels that reach {@code threshold}, or the best one if none does
 * @param threshold the least probability of one of several labels
 * @param prompt more words for the model
 * @param examples texts with their labels, which the prompt contains
 * @param activation the function from logits to probabilities; if empty, a sigmoid for several labels and a softmax for
 *     one
 */
public record ClassificationTask(
        String task,
        List<Label> labels,
        boolean multiLabel,
        double threshold,
        Optional<String> prompt,
        List<Example> examples,
        Optional<Activation> activation)
        implements Schema.Part {
    private static final double DEFAULT_THRESHOLD = 0.5;

    /**
     * A label.
     *
     * @param description more words for the model
     */
    public record Label(String name, Optional<String> description) {
        /**
         * Checks the name.
         *
         * @throws SchemaException if the name is blank
         */
        public Label {
            Schema.named("labels", name);
        }

        public static Label of(String name) {
            return new Label(name, Optional.empty());
        }
    }

    /** A text with its label. An example whose label is not one of the task's is left out of the prompt. */
    public record Example(String text, String label) {}

    /** The functions from logits to probabilities. */
    public enum Activation {
        SIGMOID,
        SOFTMAX
    }

    /**
     * Keeps copies of the lists. A label that occurs twice has two places in the prompt, as in GLiNER2.
     *
     * @throws SchemaException if the name is blank, if there are no labels, or if the threshold is not a probability
     */
    public ClassificationTask {
        labels = List.copyOf(labels);
        examples = List.copyOf(examples);
        Schema.named("classifications", task);
        if (labels.isEmpty()) {
            throw new SchemaException("the classification '" + task + "' has no labels");
        }
        Schema.probability("the classification '" + task + "'", threshold);
    }

    /** Makes a task that gives each text one label. */
    public static ClassificationTask of(String task, String... labels) {
        return new ClassificationTask(
                task,
                Arrays.stream(labels).map(Label::of).toList(),
                false,
                DEFAULT_THRESHOLD,
                Optional.empty(),
                List.of(),
                Optional.empty());
    }

    /** Returns the same task, which gives all labels of at least this probability. */
    public ClassificationTask withSeveral(double threshold) {
        return new ClassificationTask(task, labels, true, threshold, prompt, examples, activation);
    }

    public ClassificationTask withPrompt(String value) {
        return new ClassificationTask(task, labels, multiLabel, threshold, Optional.of(value), examples, activation);
    }

    public ClassificationTask withExamples(Example... values) {
        return new ClassificationTask(task, labels, multiLabel, threshold, prompt, List.of(values), activation);
    }

    /** Returns the function from logits to probabilities. */
    public Activation chosenActivation() {
        return activation.orElse(multiLabel ? Activation.SIGMOID : Activation.SOFTMAX);
    }
}

package detangle.pipelines.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A task that gives a text one label or several.
 *
 * @param task its name, which the model is prompted with
 * @param labels at least two, of distinct names
 * @param multiLabel whether all labels of at least {@code threshold} are given, and the best one where there is none
 * @param threshold the least probability of one of several labels
 * @param prompt more words for the model
 * @param examples of texts and their labels, which the model is prompted with
 * @param activation what makes probabilities of logits; if empty a sigmoid for several labels and a softmax for one
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
        /** Refuses a blank name. */
        public Label {
            Schema.named("labels", name);
        }

        public static Label of(String name) {
            return new Label(name, Optional.empty());
        }
    }

    /** A text and its label; one whose label is not among those of the task is not shown to the model. */
    public record Example(String text, String label) {}

    /** The functions from logits to probabilities. */
    public enum Activation {
        SIGMOID,
        SOFTMAX
    }

    /**
     * Keeps copies, and refuses a blank name, no labels, and a threshold that is not a probability. A label that is
     * there twice has two places in the prompt, as in GLiNER2.
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

    /** Returns what makes probabilities of logits. */
    public Activation chosenActivation() {
        return activation.orElse(multiLabel ? Activation.SIGMOID : Activation.SOFTMAX);
    }
}

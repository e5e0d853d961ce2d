package detangle.experiment;

import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.ProblemType;
import detangle.train.task.Task;
import java.util.List;

/** The head that a task puts on the encoder, with its loss. */
public sealed interface TaskHead {
    /** Returns the labels of the classes in their order; those of a head without classes are empty. */
    List<String> labels();

    /**
     * A published head with its loss.
     *
     * @param softLabels whether training rows have a distribution over the classes ({@link
     *     detangle.train.data.Target.Numbers}); rows to evaluate with have one class
     */
    record Published(Task task, boolean softLabels) implements TaskHead {
        @Override
        public List<String> labels() {
            return task.labels();
        }
    }

    /**
     * A head and a loss that the task has written itself. The inputs that they read are those of
     * {@link detangle.train.data.Target.Inputs}, or of another target.
     *
     * @param labels the labels of classes in their order, if it has classes
     */
    record Own(Head head, HeadLoss loss, List<String> labels) implements TaskHead {
        public Own {
            labels = List.copyOf(labels);
        }
    }

    /** Returns the head of texts or pairs with one class each. */
    static TaskHead classes(List<String> labels) {
        return new Published(Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, labels), false);
    }

    /** Returns the head of texts or pairs with one class each, which is trained with distributions over the classes. */
    static TaskHead softClasses(List<String> labels) {
        return new Published(Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, labels), true);
    }

    /** Returns the head of texts or pairs with a number. */
    static TaskHead number(String label) {
        return new Published(Task.classification(ProblemType.REGRESSION, List.of(label)), false);
    }

    /** Returns the head of a task without labels, or of tokens with one class each. */
    static TaskHead of(Task task) {
        return new Published(task, false);
    }
}

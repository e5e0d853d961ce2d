package detangle.train.task;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.ProblemType;
import detangle.train.metrics.ClassScorer;
import detangle.train.metrics.LabelSetScorer;
import detangle.train.metrics.NumberScorer;
import detangle.train.metrics.Scorer;
import java.util.List;
import java.util.Optional;

/**
 * A task that a model learns.
 *
 * @param head the head on its encoder
 * @param problem the meaning of the logits of text classification; empty for other heads
 * @param labels the labels of classes in their order; empty for heads without labels
 */
public record Task(Architecture head, Optional<ProblemType> problem, List<String> labels) {
    public Task {
        labels = List.copyOf(labels);
    }

    /** Makes a task without labels: question answering, multiple choice, masked LM. */
    public static Task of(Architecture head) {
        return new Task(head, Optional.empty(), List.of());
    }

    /** Makes a task of text classification, or of regression, whose only label has no meaning. */
    public static Task classification(ProblemType problem, List<String> labels) {
        return new Task(Architecture.SEQUENCE_CLASSIFICATION, Optional.of(problem), labels);
    }

    /** Makes a task that gives each token a class. */
    public static Task tokenClassification(List<String> labels) {
        return new Task(Architecture.TOKEN_CLASSIFICATION, Optional.empty(), labels);
    }

    /** Makes the scorer of text classification or of regression. */
    public Scorer textScorer() {
        return switch (problem.orElseThrow()) {
            case REGRESSION -> new NumberScorer();
            case SINGLE_LABEL_CLASSIFICATION -> ClassScorer.ofClasses(labels.size());
            case MULTI_LABEL_CLASSIFICATION -> new LabelSetScorer();
        };
    }
}

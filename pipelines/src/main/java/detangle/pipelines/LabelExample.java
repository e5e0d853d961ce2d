package detangle.pipelines;

import java.util.List;

/** A text with the labels that are right for it, which shows a {@link LabelClassifier} what is meant. */
public record LabelExample(String text, List<String> labels) {
    /** Keeps a copy of the labels. */
    public LabelExample {
        labels = List.copyOf(labels);
    }
}

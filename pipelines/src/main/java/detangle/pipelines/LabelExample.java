package detangle.pipelines;

import java.util.List;

/** An example for a {@link LabelClassifier}: a text with its right labels. */
public record LabelExample(String text, List<String> labels) {
    /** Keeps a copy of the labels. */
    public LabelExample {
        labels = List.copyOf(labels);
    }
}

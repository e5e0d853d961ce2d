package detangle.server;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a server does with a model, by the names of HuggingFace's tasks. */
public enum ServedTask {
    /** Labels and scores: {@code /predict}. */
    TEXT_CLASSIFICATION,
    /** Scores of documents against a query, by a classifier of one label: {@code /rerank}, and {@code /predict} too. */
    TEXT_RANKING,
    /** Vectors, which every model makes: {@code /embed}. */
    FEATURE_EXTRACTION;

    /** The name on the command line: {@code text-classification}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The task with that {@link #text()}. */
    public static Optional<ServedTask> named(String text) {
        return Arrays.stream(values()).filter(t -> t.text().equals(text)).findFirst();
    }

    /** {@code text-classification, text-ranking, feature-extraction}. */
    public static String names() {
        return Arrays.stream(values()).map(ServedTask::text).collect(Collectors.joining(", "));
    }
}

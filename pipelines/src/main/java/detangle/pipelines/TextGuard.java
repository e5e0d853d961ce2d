package detangle.pipelines;

import detangle.models.text.WhiteSpace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Finds texts that a classifier warns of, such as prompt injections or insults. A text that is longer than the model
 * takes is read whole, in windows. Any number of threads may use one. It uses its classifier, and does not close it.
 *
 * <pre>{@code
 * TextGuard guard = new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("INJECTION")), 0.5);
 * guard.check(message).ifPresent(finding -> log.warn(finding.label()));
 * }</pre>
 */
public final class TextGuard {
    private final TextClassifier classifier;
    private final WindowOptions options;
    private final double threshold;

    /**
     * Watches the labels that the options name.
     *
     * @param options of which {@link WindowOptions#watched} has at least one label
     * @param threshold the least sum of the watched labels' scores in a window that is found, above 0
     * @throws PipelineException if no label is watched, or the model does not have one of them
     */
    public TextGuard(TextClassifier classifier, WindowOptions options, double threshold) {
        if (options.watched().isEmpty()) {
            throw new PipelineException("a guard needs at least one label to watch; the model has "
                    + String.join(", ", classifier.labels()));
        }
        classifier.requireLabels(options.watched());
        if (!(threshold > 0)) {
            throw new IllegalArgumentException("the threshold of a guard is above 0, not " + threshold);
        }
        this.classifier = classifier;
        this.options = options;
        this.threshold = threshold;
    }

    /**
     * The window of a text that a guard warns of.
     *
     * @param label the surest of the watched labels
     * @param score the sum of the watched labels' scores
     * @param start the index of the window's first character in the text
     * @param end the index after its last
     */
    public record Finding(String label, double score, int start, int end) {}

    /** Returns what is found in a text; nothing in a text of white space alone. */
    public Optional<Finding> check(String text) {
        return check(List.of(text)).getFirst();
    }

    /** Returns what is found in each text, in the texts' order. The texts share batches. */
    public List<Optional<Finding>> check(List<String> texts) {
        List<Optional<Finding>> findings = new ArrayList<>(Collections.nCopies(texts.size(), Optional.empty()));
        int[] asked = IntStream.range(0, texts.size())
                .filter(i -> !WhiteSpace.isBlank(texts.get(i)))
                .toArray();
        List<StrongestWindow> windows = classifier.classifyInWindows(
                IntStream.of(asked).mapToObj(texts::get).toList(), options, done -> {});
        for (int i = 0; i < asked.length; i++) {
            findings.set(asked[i], finding(windows.get(i)));
        }
        return List.copyOf(findings);
    }

    private Optional<Finding> finding(StrongestWindow window) {
        List<Classification> watched = window.labels().stream()
                .filter(c -> options.watched().contains(c.label()))
                .toList();
        double score = watched.stream().mapToDouble(Classification::score).sum();
        return score < threshold
                ? Optional.empty()
                : Optional.of(new Finding(watched.getFirst().label(), score, window.start(), window.end()));
    }
}

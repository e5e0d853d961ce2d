package detangle.pipelines;

import java.util.List;

/**
 * The answer for the strongest window of a text; see {@link TextClassifier#classifyInWindows}.
 *
 * @param labels all labels with their scores in that window, the surest first; empty for a text that cannot be answered
 * @param start the window's first character in the text
 * @param end the character after its last
 * @param windows how many windows the text was read in
 */
public record StrongestWindow(List<Classification> labels, int start, int end, int windows) {
    /** The answer to a text that cannot be answered. */
    static final StrongestWindow NONE = new StrongestWindow(List.of(), 0, 0, 0);

    /** Keeps a copy of the labels. */
    public StrongestWindow {
        labels = List.copyOf(labels);
    }
}

package detangle.pipelines;

import java.util.List;

/**
 * The options by which a text that is longer than the model takes is classified in windows.
 *
 * @param stride tokens that two windows share
 * @param watched labels whose scores, added up, say how strong a window is: those that a guard warns of. If empty, a
 *     window is as strong as the score of its surest label
 */
public record WindowOptions(int stride, List<String> watched) {
    /** Windows that share 64 tokens, of which the surest stands for the text. */
    public static final WindowOptions DEFAULT = new WindowOptions(64, List.of());

    /** Keeps a copy of the labels. */
    public WindowOptions {
        watched = List.copyOf(watched);
    }

    public WindowOptions withStride(int value) {
        return new WindowOptions(value, watched);
    }

    public WindowOptions withWatched(List<String> value) {
        return new WindowOptions(stride, value);
    }
}

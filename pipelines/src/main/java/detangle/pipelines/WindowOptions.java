package detangle.pipelines;

import java.util.List;

/**
 * The options by which a text that is longer than the model takes is classified in windows.
 *
 * @param stride the tokens that two windows share
 * @param watched the labels whose scores, added up, are the strength of a window: those that a guard warns of. If
 *     empty, the strength of a window is the score of its best label
 */
public record WindowOptions(int stride, List<String> watched) {
    /** The default options: windows that share 64 tokens, and the window with the surest label stands for the text. */
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

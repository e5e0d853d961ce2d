package detangle.pipelines;

import detangle.models.text.Encoding;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Finds where the words of a text begin and end, in code points, from the tokens of all windows that it is read in. */
final class WordBounds {
    private final int[] starts;
    private final int[] ends;

    /** @param sequence the number of the text in a pair */
    WordBounds(List<Encoding> windows, int sequence) {
        int count = 1
                + windows.stream()
                        .flatMapToInt(window -> IntStream.of(window.words()))
                        .max()
                        .orElse(0);
        this.starts = new int[count];
        this.ends = new int[count];
        Arrays.fill(starts, Integer.MAX_VALUE);
        for (Encoding window : windows) {
            for (int i = 0; i < window.length(); i++) {
                if (window.sequences()[i] == sequence) {
                    int word = window.words()[i];
                    starts[word] = Math.min(starts[word], window.starts()[i]);
                    ends[word] = Math.max(ends[word], window.ends()[i]);
                }
            }
        }
    }

    int start(int word) {
        return starts[word];
    }

    int end(int word) {
        return ends[word];
    }
}

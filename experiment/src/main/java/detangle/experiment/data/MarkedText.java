package detangle.experiment.data;

import detangle.experiment.head.MarkedSpans.Span;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import java.util.stream.IntStream;

/**
 * The tokens of a text without special ones, and where they stand in it.
 *
 * @param ids the tokens
 * @param words for each token the number of its word, as the tokenizer divides texts
 * @param starts for each token its first code point
 * @param ends for each token the code point after its last
 */
public record MarkedText(int[] ids, int[] words, int[] starts, int[] ends) {
    /** Divides a text into tokens. */
    public static MarkedText of(Tokenizer tokenizer, String text) {
        Encoding encoding = tokenizer.encode(text);
        int[] kept = IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequences()[i] != Encoding.SPECIAL)
                .toArray();
        return new MarkedText(
                pick(encoding.ids(), kept),
                pick(encoding.words(), kept),
                pick(encoding.starts(), kept),
                pick(encoding.ends(), kept));
    }

    private static int[] pick(int[] values, int[] which) {
        return IntStream.of(which).map(i -> values[i]).toArray();
    }

    /** Returns the number of tokens. */
    public int length() {
        return ids.length;
    }

    /**
     * Returns the tokens of a part of the text: from the first token of the word in which it begins to the last token
     * that holds some of it. So an opening quote in front of a name, which is of the same word, belongs to the name, as
     * in the original. The span is empty where the tokenizer leaves nothing of the part.
     *
     * @param start the first code point
     * @param end the code point after the last
     */
    public Span span(int start, int end) {
        int first = 0;
        while (first < ids.length && ends[first] <= start) {
            first++;
        }
        int last = first;
        while (last < ids.length && starts[last] < end) {
            last++;
        }
        while (first > 0 && first < last && words[first - 1] == words[first]) {
            first--;
        }
        return new Span(first, last);
    }
}

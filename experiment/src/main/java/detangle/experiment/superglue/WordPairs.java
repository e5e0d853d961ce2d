package detangle.experiment.superglue;

import detangle.experiment.data.MarkedText;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.head.MarkedSpans;
import detangle.experiment.head.MarkedSpans.Span;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import java.util.Arrays;
import java.util.List;

/**
 * Makes examples of two marked words, in two texts or in one. What is too long loses tokens at the ends that are
 * farther from its words, and never a word.
 *
 * @param features the tokenizer and the most tokens of an example
 * @param where the name of the row in messages
 * @param label the class; -1 if it is not known
 */
record WordPairs(SegmentFeatures features, String where, int label) {
    /** Makes an example of a word in each of two texts. */
    Example of(MarkedText first, Span inFirst, MarkedText second, Span inSecond) {
        int room = features.maxLength() - 3;
        int[] kept = {first.length(), second.length()};
        int[] least = {length(inFirst), length(inSecond)};
        while (kept[0] + kept[1] > room) {
            int longer = kept[0] >= kept[1] ? 0 : 1;
            int other = 1 - longer;
            int shortened = kept[longer] > least[longer] ? longer : other;
            if (kept[shortened] <= least[shortened]) {
                throw tooLong();
            }
            kept[shortened]--;
        }
        int fromFirst = from(first, inFirst, kept[0]);
        int fromSecond = from(second, inSecond, kept[1]);
        return example(
                List.of(part(first, fromFirst, kept[0]), part(second, fromSecond, kept[1])),
                moved(inFirst, 1 - fromFirst),
                moved(inSecond, 2 + kept[0] - fromSecond));
    }

    /** Makes an example of two words in one text. */
    Example of(MarkedText text, Span first, Span second) {
        Span both = new Span(Math.min(first.start(), second.start()), Math.max(first.end(), second.end()));
        int kept = Math.min(text.length(), features.maxLength() - 2);
        if (kept < length(both)) {
            throw tooLong();
        }
        int from = from(text, both, kept);
        return example(List.of(part(text, from, kept)), moved(first, 1 - from), moved(second, 1 - from));
    }

    private Example example(List<int[]> segments, Span first, Span second) {
        return Example.of(features.joined(segments, 0), MarkedSpans.target(List.of(first, second), label));
    }

    private DataException tooLong() {
        return new DataException(
                where + " has words that do not fit into " + features.maxLength() + " tokens: raise --max_seq_length");
    }

    private static int length(Span span) {
        return span.end() - span.start();
    }

    /** Returns the first token of a part with so many tokens that has the span in its middle, as far as it can. */
    private static int from(MarkedText text, Span span, int kept) {
        int before = (kept - length(span)) / 2;
        return Math.clamp(span.start() - before, 0, text.length() - kept);
    }

    private static int[] part(MarkedText text, int from, int kept) {
        return Arrays.copyOfRange(text.ids(), from, from + kept);
    }

    private static Span moved(Span span, int by) {
        return new Span(span.start() + by, span.end() + by);
    }
}

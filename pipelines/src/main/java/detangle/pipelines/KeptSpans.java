package detangle.pipelines;

import detangle.pipelines.WordVectors.WordRange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Spans of words that are kept. Testing whether another span conflicts with them takes time in proportion to its words,
 * however many spans are kept.
 */
final class KeptSpans {
    private final ExtractionOptions options;
    private final Set<WordRange> spans = new HashSet<>();

    /** The words of all spans, if spans may not lie inside one another. */
    private final Set<Integer> words = new HashSet<>();

    /** The greatest last word of the spans that begin with a word. */
    private final Map<Integer, Integer> furthest = new HashMap<>();

    /** The least first word of the spans that end with a word. */
    private final Map<Integer, Integer> earliest = new HashMap<>();

    KeptSpans(ExtractionOptions options) {
        this.options = options;
    }

    /** Keeps a span unless it conflicts with a kept one; returns whether it was kept. */
    boolean keep(WordRange span) {
        if (spans.contains(span)) {
            return options.multiLabel();
        }
        if (options.flatNer() ? meets(span) : crosses(span)) {
            return false;
        }
        spans.add(span);
        if (options.flatNer()) {
            for (int word = span.first(); word <= span.last(); word++) {
                words.add(word);
            }
        }
        furthest.merge(span.first(), span.last(), Math::max);
        earliest.merge(span.last(), span.first(), Math::min);
        return true;
    }

    private boolean meets(WordRange span) {
        for (int word = span.first(); word <= span.last(); word++) {
            if (words.contains(word)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns whether a kept span begins inside of the span and ends behind it, or begins before it and ends inside of
     * it.
     */
    private boolean crosses(WordRange span) {
        for (int word = span.first() + 1; word <= span.last(); word++) {
            if (furthest.getOrDefault(word, -1) > span.last()
                    || earliest.getOrDefault(word - 1, Integer.MAX_VALUE) < span.first()) {
                return true;
            }
        }
        return false;
    }
}

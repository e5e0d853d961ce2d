package detangle.pipelines;

import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds spans by the scores of words, and then scores them as spans. A span that several labels suggest is listed for
 * each of them.
 */
final class RepresentedSpanScorer implements WordVectors.Scorer {
    private final TokenScorer tokens;
    private final SpanScorer spans;

    RepresentedSpanScorer(TokenScorer tokens, SpanScorer spans) {
        this.tokens = tokens;
        this.spans = spans;
    }

    /** Finds spans as modeling/utils.py:356-436 does, and lists them as decoding/decoder.py:1272-1355 does. */
    @Override
    public List<List<Found>> found(List<WordVectors> windows) {
        List<float[]> probabilities = tokens.probabilities(windows);
        List<List<WordRange>> suggested = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            WordVectors window = windows.get(i);
            suggested.add(TokenSpans.found(probabilities.get(i), window, p -> p > window.threshold()).stream()
                    .map(found -> new WordRange(found.first(), found.last()))
                    .toList());
        }
        List<float[]> scores = spans.probabilities(windows, suggested);
        List<List<Found>> all = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            all.add(SpanScorer.above(windows.get(i), suggested.get(i), scores.get(i)));
        }
        return all;
    }
}

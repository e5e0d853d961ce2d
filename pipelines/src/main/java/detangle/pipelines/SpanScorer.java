package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerPrograms;
import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordSpans.Likely;
import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Scores spans of words against labels. */
final class SpanScorer implements WordVectors.Scorer {
    /** So many labels are told of a span. */
    private static final int LIKELIEST_LABELS = 5;

    private final SecondPrograms.Loaded program;
    private final int width;
    private final int maxWidth;
    private final boolean cuts;

    SpanScorer(GlinerConfig config, SecondPrograms programs) {
        this.program = programs.load(GlinerPrograms.spanParts(config));
        this.width = config.hiddenSize();
        this.maxWidth = config.maxWidth();
        this.cuts = GlinerPrograms.cutsInner(config);
    }

    /**
     * Returns each span of at most max_width words, in the order of the original's tensor
     * (decoding/decoder.py:125-330).
     */
    @Override
    public List<List<Found>> found(List<WordVectors> windows) {
        List<List<WordRange>> spans = windows.stream().map(this::spans).toList();
        List<float[]> probabilities = probabilities(windows, spans);
        List<List<Found>> all = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            all.add(above(windows.get(i), spans.get(i), probabilities.get(i)));
        }
        return all;
    }

    private List<WordRange> spans(WordVectors window) {
        List<WordRange> spans = new ArrayList<>();
        int count = window.words().length;
        for (int first = 0; first < count; first++) {
            for (int last = first; last < Math.min(count, first + maxWidth); last++) {
                if (window.allows(first, last)) {
                    spans.add(new WordRange(first, last));
                }
            }
        }
        return spans;
    }

    /** Returns the spans and labels whose probability is above the window's threshold, span by span. */
    static List<Found> above(WordVectors window, List<WordRange> spans, float[] probabilities) {
        List<Found> found = new ArrayList<>();
        int labels = window.labels().length;
        int last = -1;
        List<Likely> likely = List.of();
        for (int i = 0; i < probabilities.length; i++) {
            if (probabilities[i] > window.threshold()) {
                if (last != i / labels) {
                    last = i / labels;
                    likely = likely(probabilities, last * labels, labels);
                }
                WordRange span = spans.get(last);
                found.add(new Found(span.first(), span.last(), i % labels, probabilities[i], likely));
            }
        }
        return found;
    }

    /** Returns the most probable labels of a span, the surest first (decoding/decoder.py:180-209). */
    private static List<Likely> likely(float[] probabilities, int first, int labels) {
        List<Likely> surest = new ArrayList<>();
        for (int label = 0; label < labels; label++) {
            double probability = probabilities[first + label];
            int place = surest.size();
            while (place > 0 && surest.get(place - 1).probability() < probability) {
                place--;
            }
            if (place < LIKELIEST_LABELS) {
                surest.add(place, new Likely(label, probability));
                if (surest.size() > LIKELIEST_LABELS) {
                    surest.removeLast();
                }
            }
        }
        return surest;
    }

    /**
     * Returns the probability of each span and label.
     *
     * @param spans those of each window
     * @return of each window {@code [N*C]}
     */
    List<float[]> probabilities(List<WordVectors> windows, List<List<WordRange>> spans) {
        long inner = 4L * width;
        List<float[]> all = new ArrayList<>();
        for (List<WordVectors> group : Groups.of(windows, w -> inner * (w.words().length + w.labels().length))) {
            // One behind the other, so that nothing is padded: a row depends on no other.
            float[][] words =
                    group.stream().flatMap(w -> Arrays.stream(w.words())).toArray(float[][]::new);
            float[][] labels =
                    group.stream().flatMap(w -> Arrays.stream(w.labels())).toArray(float[][]::new);
            Map<String, Tensor> parts = program.run(Map.of(
                    GlinerPrograms.WORDS,
                    WordVectors.padded(Collections.singletonList(words)),
                    GlinerPrograms.LABELS,
                    WordVectors.padded(Collections.singletonList(labels))));
            int word = 0;
            int label = 0;
            for (WordVectors window : group) {
                SpanProducts products =
                        SpanProducts.of(parts, word, window.words().length, label, window.labels().length, cuts);
                all.add(products.probabilities(spans.get(all.size())));
                word += window.words().length;
                label += window.labels().length;
            }
        }
        return all;
    }
}

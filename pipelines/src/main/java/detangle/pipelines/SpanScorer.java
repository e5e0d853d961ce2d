package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerPrograms;
import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Scores spans of words against labels. */
final class SpanScorer implements WordVectors.Scorer {
    /** So many labels are scored at once. */
    private static final int MOST_LABELS = 1024;

    private final SecondPrograms.Loaded program;
    private final int width;
    private final int maxWidth;

    SpanScorer(GlinerConfig config, SecondPrograms programs) {
        this.program = programs.load(GlinerPrograms.spans(config));
        this.width = config.hiddenSize();
        this.maxWidth = config.maxWidth();
    }

    /** Some spans of a window: those from one place in its list to another, against the labels from one place to another. */
    private record Part(WordVectors window, List<WordRange> spans, int[] labels, float[] probabilities, int firstSpan) {
        float[][] labelVectors() {
            return Arrays.copyOfRange(window.labels(), labels[0], labels[1]);
        }
    }

    /** Each span of at most max_width words, in the order of the original's tensor (decoding/decoder.py:125-330). */
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

    /** The spans and labels whose probability is above the window's threshold, span by span. */
    static List<Found> above(WordVectors window, List<WordRange> spans, float[] probabilities) {
        List<Found> found = new ArrayList<>();
        int labels = window.labels().length;
        for (int i = 0; i < probabilities.length; i++) {
            if (probabilities[i] > window.threshold()) {
                WordRange span = spans.get(i / labels);
                found.add(new Found(span.first(), span.last(), i % labels, probabilities[i]));
            }
        }
        return found;
    }

    /**
     * The probability of each span and label.
     *
     * @param spans those of each window
     * @return of each window {@code [N*C]}
     */
    List<float[]> probabilities(List<WordVectors> windows, List<List<WordRange>> spans) {
        long inner = 4L * width;
        List<float[]> all = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            WordVectors window = windows.get(i);
            List<WordRange> own = spans.get(i);
            float[] probabilities = new float[Math.multiplyExact(own.size(), window.labels().length)];
            all.add(probabilities);
            for (int[] range : Groups.parts(own.size(), Groups.MOST_NUMBERS / inner)) {
                for (int[] labels : Groups.parts(window.labels().length, MOST_LABELS)) {
                    parts.add(new Part(window, own.subList(range[0], range[1]), labels, probabilities, range[0]));
                }
            }
        }
        Groups.of(parts, part -> part.spans().size() * Math.max(inner, part.labels()[1] - part.labels()[0]))
                .forEach(this::score);
        return all;
    }

    private void score(List<Part> group) {
        int words =
                group.stream().mapToInt(p -> p.window().words().length).max().orElse(0);
        int spans = group.stream().mapToInt(p -> p.spans().size()).max().orElse(0);
        long[] starts = new long[group.size() * spans];
        long[] ends = new long[starts.length];
        for (int i = 0; i < group.size(); i++) {
            List<WordRange> own = group.get(i).spans();
            for (int j = 0; j < own.size(); j++) {
                starts[i * spans + j] = (long) i * words + own.get(j).first();
                ends[i * spans + j] = (long) i * words + own.get(j).last();
            }
        }
        Tensor logits = program.run(Map.of(
                        GlinerPrograms.WORDS,
                        WordVectors.padded(
                                group.stream().map(p -> p.window().words()).toList()),
                        GlinerPrograms.STARTS,
                        Tensor.of(starts, group.size(), spans),
                        GlinerPrograms.ENDS,
                        Tensor.of(ends, group.size(), spans),
                        GlinerPrograms.LABELS,
                        WordVectors.padded(
                                group.stream().map(Part::labelVectors).toList())))
                .get(GlinerPrograms.SCORES);
        long labels = logits.dim(2);
        for (int i = 0; i < group.size(); i++) {
            Part part = group.get(i);
            int count = part.window().labels().length;
            for (int j = 0; j < part.spans().size(); j++) {
                long row = ((long) i * spans + j) * labels;
                int to = (part.firstSpan() + j) * count;
                for (int label = part.labels()[0]; label < part.labels()[1]; label++) {
                    part.probabilities()[to + label] =
                            Scores.probability(logits.getDouble(row + label - part.labels()[0]));
                }
            }
        }
    }
}

package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerPrograms;
import detangle.models.gliner.Relations;
import detangle.models.gliner.Scoring;
import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds relations between the entities of a window (gliner/modeling/base.py:2127-2495, decoding/decoder.py:962-1119).
 */
final class RelationScorer {
    /** A bound on the pairs of candidates: more than any text with useful entities has. */
    private static final long MAX_PAIRS = 1 << 22;

    private final GlinerConfig config;
    private final Relations relations;
    private final SecondPrograms.Loaded entities;
    private final SecondPrograms.Loaded pairs;

    RelationScorer(GlinerConfig config, Relations relations, SecondPrograms programs) {
        this.config = config;
        this.relations = relations;
        this.entities = programs.load(GlinerPrograms.entities(config, relations));
        this.pairs = programs.load(GlinerPrograms.pairs(config, relations));
    }

    /** A relation between words of a window. */
    record Related(WordRange head, WordRange tail, int relation, double score) {}

    private record Pair(int head, int tail) {}

    /**
     * Returns the relations between entities that are kept.
     *
     * @param window with the vectors of its words
     * @param asked the vectors of relations, {@code [R][D]}
     * @param found what the window holds, before some of it is chosen
     */
    List<Related> related(WordVectors window, float[][] asked, List<Found> found, ExtractionOptions options) {
        Set<WordRange> kept = WordSpans.chosen(found, options).stream()
                .map(f -> new WordRange(f.first(), f.last()))
                .collect(Collectors.toSet());
        List<WordRange> candidates = candidates(found, options.threshold()).stream()
                .filter(kept::contains)
                .toList();
        if (asked.length == 0 || candidates.size() < 2) {
            return List.of();
        }
        if ((long) candidates.size() * candidates.size() > MAX_PAIRS) {
            throw new PipelineException(candidates.size()
                    + " entities of one window are too many for relations between them: raise the threshold");
        }
        Map<String, Tensor> represented = represented(window, candidates);
        List<Pair> together = pairs(
                candidates.size(), represented, options.adjacencyThreshold().orElse(options.threshold()));
        double threshold = options.relationThreshold().orElse(options.threshold());
        List<Related> related = new ArrayList<>();
        for (int[] part : Groups.parts(together.size(), Groups.MAX_NUMBERS / (4L * config.hiddenSize()))) {
            List<Pair> some = together.subList(part[0], part[1]);
            Tensor logits = logits(represented.get(GlinerPrograms.ENTITIES), some, asked);
            for (int i = 0; i < some.size() * asked.length; i++) {
                float probability = Scores.probability(logits.getDouble(i));
                if (probability > threshold) {
                    Pair pair = some.get(i / asked.length);
                    related.add(new Related(
                            candidates.get(pair.head()), candidates.get(pair.tail()), i % asked.length, probability));
                }
            }
        }
        return related;
    }

    /**
     * Returns the spans that the original relates to each other. It lists a span of words once for each label that
     * suggests it, so that its relations are listed as often.
     */
    private List<WordRange> candidates(List<Found> found, double threshold) {
        List<WordRange> all = found.stream()
                .filter(f -> f.score() > threshold)
                .map(f -> new WordRange(f.first(), f.last()))
                .toList();
        return switch (config.scoring()) {
            case Scoring.Spans _ -> all.stream().distinct().toList();
            case Scoring.Tokens _, Scoring.RepresentedSpans _ -> all;
        };
    }

    private Map<String, Tensor> represented(WordVectors window, List<WordRange> candidates) {
        long[] starts = candidates.stream().mapToLong(WordRange::first).toArray();
        long[] ends = candidates.stream().mapToLong(WordRange::last).toArray();
        return entities.run(Map.of(
                GlinerPrograms.WORDS, WordVectors.matrix(window.words()),
                GlinerPrograms.STARTS, Tensor.of(starts, starts.length),
                GlinerPrograms.ENDS, Tensor.of(ends, ends.length)));
    }

    /** Returns ordered pairs of two candidates, row by row. */
    private List<Pair> pairs(int count, Map<String, Tensor> represented, double threshold) {
        List<Pair> all = new ArrayList<>();
        for (int head = 0; head < count; head++) {
            for (int tail = 0; tail < count; tail++) {
                boolean related = switch (relations.pairs()) {
                    case ALL -> true;
                    case DOT ->
                        Scores.probability(represented
                                        .get(GlinerPrograms.ADJACENCY)
                                        .getDouble((long) head * count + tail))
                                > threshold;
                };
                if (head != tail && related) {
                    all.add(new Pair(head, tail));
                }
            }
        }
        return all;
    }

    private Tensor logits(Tensor vectors, List<Pair> some, float[][] asked) {
        long[] heads = some.stream().mapToLong(Pair::head).toArray();
        long[] tails = some.stream().mapToLong(Pair::tail).toArray();
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(GlinerPrograms.ENTITIES, vectors);
        inputs.put(GlinerPrograms.HEADS, Tensor.of(heads, heads.length));
        inputs.put(GlinerPrograms.TAILS, Tensor.of(tails, tails.length));
        inputs.put(GlinerPrograms.LABELS, WordVectors.matrix(asked));
        return pairs.run(inputs).get(GlinerPrograms.SCORES);
    }
}

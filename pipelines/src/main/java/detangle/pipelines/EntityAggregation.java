package detangle.pipelines;

import detangle.ir.InternalException;
import detangle.pipelines.Characters.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Makes entities of the scores of tokens, as HuggingFace's token-classification pipeline does. */
final class EntityAggregation {
    private final List<String> labels;
    private final AggregationStrategy strategy;
    private final Set<String> ignored;

    /**
     * @param labels of the model
     * @param ignored labels of entities that are left out
     */
    EntityAggregation(List<String> labels, AggregationStrategy strategy, List<String> ignored) {
        this.labels = labels;
        this.strategy = strategy;
        this.ignored = Set.copyOf(ignored);
    }

    /**
     * A token or a word.
     *
     * @param scores probabilities of the labels
     * @param start first code point
     * @param end the code point after its last
     * @param continues whether it is a part of the word that the token before it belongs to
     */
    record Piece(double[] scores, int start, int end, boolean continues) {
        int best() {
            return IntStream.range(0, scores.length)
                    .boxed()
                    .max(Comparator.<Integer>comparingDouble(i -> scores[i]).thenComparing(Comparator.reverseOrder()))
                    .orElseThrow();
        }

        double score() {
            return scores[best()];
        }
    }

    /** Returns the entities of a window of a text, in order. */
    List<Entity> entities(List<Piece> tokens, Characters text) {
        List<Entity> entities = new ArrayList<>();
        switch (strategy) {
            case NONE -> tokens.forEach(t -> entities.add(entity(labels.get(t.best()), List.of(t), text)));
            case SIMPLE -> entities.addAll(join(tokens, text));
            case FIRST, AVERAGE, MAX -> entities.addAll(join(words(tokens), text));
        }
        entities.removeIf(e -> ignored.contains(e.entity()));
        return entities;
    }

    private List<Piece> words(List<Piece> tokens) {
        List<Piece> words = new ArrayList<>();
        for (int first = 0; first < tokens.size(); ) {
            int next = first + 1;
            while (next < tokens.size() && tokens.get(next).continues()) {
                next++;
            }
            words.add(word(tokens.subList(first, next)));
            first = next;
        }
        return words;
    }

    private Piece word(List<Piece> tokens) {
        double[] scores = switch (strategy) {
            case FIRST -> tokens.getFirst().scores();
            case MAX ->
                tokens.stream()
                        .reduce((a, b) -> b.score() > a.score() ? b : a)
                        .orElseThrow()
                        .scores();
            case AVERAGE -> mean(tokens);
            case NONE, SIMPLE -> throw new InternalException(strategy + " joins no words");
        };
        return new Piece(scores, tokens.getFirst().start(), tokens.getLast().end(), false);
    }

    private static double[] mean(List<Piece> tokens) {
        double[] mean = new double[tokens.getFirst().scores().length];
        for (Piece token : tokens) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += token.scores()[i] / tokens.size();
            }
        }
        return mean;
    }

    /** Joins neighbours with the same label, unless the later one begins an entity by its {@code B-}. */
    private List<Entity> join(List<Piece> pieces, Characters text) {
        List<Entity> entities = new ArrayList<>();
        for (int first = 0; first < pieces.size(); ) {
            String type = type(labels.get(pieces.get(first).best()));
            int next = first + 1;
            while (next < pieces.size() && continues(labels.get(pieces.get(next).best()), type)) {
                next++;
            }
            entities.add(entity(type, pieces.subList(first, next), text));
            first = next;
        }
        return entities;
    }

    private static boolean continues(String label, String type) {
        return !label.startsWith("B-") && type(label).equals(type);
    }

    /** Returns the kind of an entity with a label: the label without its {@code B-} or {@code I-}. */
    static String type(String label) {
        return label.startsWith("B-") || label.startsWith("I-") ? label.substring(2) : label;
    }

    private static Entity entity(String name, List<Piece> pieces, Characters text) {
        Span span = text.span(pieces.getFirst().start(), pieces.getLast().end());
        double score = pieces.stream().mapToDouble(Piece::score).average().orElseThrow();
        return new Entity(name, score, span.word(), span.start(), span.end());
    }

    /**
     * Returns the entities of several windows that overlap, as HuggingFace's {@code aggregate_overlapping_entities}
     * does. If two entities overlap, the longer one stays; if they are equally
     * long, the one with the greater score.
     */
    static List<Entity> merge(List<Entity> ofWindows) {
        List<Entity> sorted = ofWindows.stream()
                .sorted(Comparator.comparingInt(Entity::start))
                .toList();
        List<Entity> kept = new ArrayList<>();
        for (Entity entity : sorted) {
            if (kept.isEmpty() || entity.start() >= kept.getLast().end()) {
                kept.add(entity);
            } else if (isBetter(entity, kept.getLast())) {
                kept.set(kept.size() - 1, entity);
            }
        }
        return kept;
    }

    private static boolean isBetter(Entity a, Entity b) {
        int length = Integer.compare(a.end() - a.start(), b.end() - b.start());
        return length > 0 || length == 0 && a.score() > b.score();
    }
}

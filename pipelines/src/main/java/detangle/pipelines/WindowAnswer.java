package detangle.pipelines;

import detangle.pipelines.RelationScorer.Related;
import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The findings of a window, by its words or by those of its text, before some of them are chosen. */
record WindowAnswer(List<Found> found, List<Related> related) {
    static final WindowAnswer NONE = new WindowAnswer(List.of(), List.of());

    /** Returns the same findings, with words counted from an earlier word. */
    WindowAnswer at(int firstWord) {
        return new WindowAnswer(
                found.stream().map(f -> f.after(firstWord)).toList(),
                related.stream()
                        .map(r -> new Related(
                                r.head().after(firstWord), r.tail().after(firstWord), r.relation(), r.score()))
                        .toList());
    }

    /**
     * Returns the answer to a text.
     *
     * @param windows what was found in its windows, by the text's words
     */
    static Extraction chosen(ExtractionText text, List<WindowAnswer> windows) {
        List<Found> all = windows.stream().flatMap(w -> w.found().stream()).toList();
        List<Related> related =
                windows.stream().flatMap(w -> w.related().stream()).toList();
        if (windows.size() > 1) {
            // Windows overlap, so two of them may have found the same entity.
            all = once(all, WindowAnswer::key, Found::score);
            related = once(related, WindowAnswer::key, Related::score);
        }
        List<Found> chosen = WordSpans.chosen(all, text.options());
        List<Entity> entities = chosen.stream().map(text::entity).toList();
        List<Entity> merged = text.options().mergeAdjacent()
                ? WordSpans.merged(entities, text.request().text())
                : entities;
        if (related.isEmpty()) {
            return new Extraction(merged, List.of(), text.classProbabilities(chosen));
        }
        Set<WordRange> ends =
                related.stream().flatMap(r -> Stream.of(r.head(), r.tail())).collect(Collectors.toSet());
        Map<WordRange, Integer> places = places(ends, chosen, entities, merged);
        List<Relation> relations = new ArrayList<>();
        for (Related r : related) {
            if (places.containsKey(r.head()) && places.containsKey(r.tail())) {
                relations.add(new Relation(
                        text.relations().get(r.relation()), r.score(), places.get(r.head()), places.get(r.tail())));
            }
        }
        return new Extraction(merged, relations, text.classProbabilities(chosen));
    }

    /**
     * Returns all entities that were found in a text, whether they overlap or not.
     *
     * @param windows what was found in its windows, by the text's words
     */
    static List<Entity> candidates(ExtractionText text, List<WindowAnswer> windows) {
        return windows.stream()
                .flatMap(window -> window.found().stream())
                .map(text::entity)
                .toList();
    }

    /**
     * Returns for each head and tail of a relation, by its words, the index among the merged entities of the first
     * entity with these words.
     */
    private static Map<WordRange, Integer> places(
            Set<WordRange> ends, List<Found> chosen, List<Entity> entities, List<Entity> merged) {
        Map<WordRange, Integer> places = new HashMap<>();
        for (int i = 0; i < chosen.size(); i++) {
            WordRange words = new WordRange(chosen.get(i).first(), chosen.get(i).last());
            if (ends.contains(words) && !places.containsKey(words)) {
                places.put(words, WordSpans.holding(merged, entities.get(i)));
            }
        }
        return places;
    }

    private static List<Integer> key(Found f) {
        return List.of(f.first(), f.last(), f.label());
    }

    private static List<Integer> key(Related r) {
        return List.of(
                r.head().first(), r.head().last(), r.tail().first(), r.tail().last(), r.relation());
    }

    private static <T> List<T> once(List<T> all, Function<T, List<Integer>> key, ToDoubleFunction<T> score) {
        return List.copyOf(all.stream()
                .collect(Collectors.toMap(
                        key,
                        one -> one,
                        (a, b) -> score.applyAsDouble(a) >= score.applyAsDouble(b) ? a : b,
                        LinkedHashMap::new))
                .values());
    }
}

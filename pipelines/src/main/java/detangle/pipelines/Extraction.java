package detangle.pipelines;

import java.util.List;
import java.util.SequencedMap;

/**
 * The entities and relations of a text.
 *
 * @param entities in the order of the text
 * @param relations between these entities; none if none were asked for
 * @param classProbabilities for each entity the most probable labels of its words, at most five, the most probable
 *     first; empty if they were not asked for
 */
public record Extraction(
        List<Entity> entities, List<Relation> relations, List<SequencedMap<String, Double>> classProbabilities) {
    /** Keeps copies of the lists. */
    public Extraction {
        entities = List.copyOf(entities);
        relations = List.copyOf(relations);
        classProbabilities = List.copyOf(classProbabilities);
    }

    /** Makes an extraction without probabilities of other labels. */
    public Extraction(List<Entity> entities, List<Relation> relations) {
        this(entities, relations, List.of());
    }
}

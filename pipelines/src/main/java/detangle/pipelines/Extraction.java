package detangle.pipelines;

import java.util.List;
import java.util.SequencedMap;

/**
 * The entities and relations of a text.
 *
 * @param entities in the order of the text
 * @param relations between these entities; none if none were asked for
 * @param classProbabilities of each entity, the most probable labels of its words, the surest first, at most five;
 *     nothing if they were not asked for
 */
public record Extraction(
        List<Entity> entities, List<Relation> relations, List<SequencedMap<String, Double>> classProbabilities) {
    /** Keeps copies of the lists. */
    public Extraction {
        entities = List.copyOf(entities);
        relations = List.copyOf(relations);
        classProbabilities = List.copyOf(classProbabilities);
    }

    /** Entities and relations without probabilities of other labels. */
    public Extraction(List<Entity> entities, List<Relation> relations) {
        this(entities, relations, List.of());
    }
}

package detangle.pipelines;

import java.util.List;

/**
 * What was found in a text.
 *
 * @param entities in the order of the text
 * @param relations between these entities; none if none were asked for
 */
public record Extraction(List<Entity> entities, List<Relation> relations) {
    public Extraction {
        entities = List.copyOf(entities);
        relations = List.copyOf(relations);
    }
}

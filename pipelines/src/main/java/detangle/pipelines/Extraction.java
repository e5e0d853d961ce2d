package detangle.pipelines;

import java.util.List;

/**
 * What was found in a text.
 *
 * @param entities in the order of the text
 */
public record Extraction(List<Entity> entities) {
    public Extraction {
        entities = List.copyOf(entities);
    }
}

package detangle.pipelines.schema;

import detangle.pipelines.Entity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The answer to a schema for a text.
 *
 * @param structures the instances of structures by name; a model of the boundary architecture leaves structures without
 *     an instance out
 * @param entities the entities by the names of their kinds, the most probable first, or in the order of the text if it
 *     was read in windows; without any kinds if the model expects no entities
 * @param relations the relations by name
 * @param everyEntity whether kinds with one value have all their entities. A model of the boundary architecture returns
 *     all of them, unless texts are read in windows
 * @param classifications the labels by the names of tasks: one, or several in the schema's order
 */
public record SchemaAnswer(
        SequencedMap<String, Instances> structures,
        SequencedMap<String, List<EntityMention>> entities,
        boolean everyEntity,
        SequencedMap<String, List<RelationMention>> relations,
        SequencedMap<String, List<ScoredLabel>> classifications) {
    /** The answer to a schema without parts. */
    public static final SchemaAnswer NOTHING = new SchemaAnswer(
            new LinkedHashMap<>(), new LinkedHashMap<>(), false, new LinkedHashMap<>(), new LinkedHashMap<>());

    /** Keeps copies. */
    public SchemaAnswer {
        structures = copy(structures);
        entities = copy(entities);
        relations = copy(relations);
        classifications = copy(classifications);
    }

    /** Returns entities of all kinds without their attributes, in the order of the text. */
    public List<Entity> entitiesInOrder() {
        List<Entity> all = new ArrayList<>();
        entities.forEach((kind, found) -> found.stream()
                .map(EntityMention::mention)
                .forEach(m -> all.add(new Entity(kind, m.confidence(), m.text(), m.start(), m.end()))));
        all.sort(Comparator.comparingInt(Entity::start).thenComparingInt(Entity::end));
        return all;
    }

    private static <T> SequencedMap<String, T> copy(SequencedMap<String, T> map) {
        return Collections.unmodifiableSequencedMap(new LinkedHashMap<>(map));
    }
}

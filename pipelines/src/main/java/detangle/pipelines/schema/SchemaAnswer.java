package detangle.pipelines.schema;

import detangle.pipelines.Entity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The findings in a text.
 *
 * @param structures by name; a model of the boundary architecture leaves out those of which it finds none
 * @param entities by the names of their kinds, the surest first, or in the order of the text where it was read in
 *     windows; no kinds at all where the model expects no entities
 * @param relations by name
 * @param everyEntity whether all entities are there of kinds that have one value: a model of the boundary architecture
 *     does not heed that, but where texts are read in windows
 * @param classifications labels by the names of tasks: one, or several in the schema's order
 */
public record SchemaAnswer(
        SequencedMap<String, Instances> structures,
        SequencedMap<String, List<EntityMention>> entities,
        boolean everyEntity,
        SequencedMap<String, List<RelationMention>> relations,
        SequencedMap<String, List<ScoredLabel>> classifications) {
    /** The answer to a schema that asks for nothing. */
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

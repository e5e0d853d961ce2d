package detangle.pipelines.schema;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A description of what to look for in texts: entities, relations between them, structures with fields, and classes of
 * the whole text. It is built by hand, or read from JSON by {@link SchemaReader}.
 *
 * <pre>{@code
 * Schema schema = Schema.ofEntities("person", "city").and(ClassificationTask.of("topic", "sport", "money"));
 * }</pre>
 *
 * @param structures records of several fields
 * @param entities kinds of entities; empty if none is asked for
 * @param relations kinds of relations
 * @param classifications tasks that give each text one label or several
 */
public record Schema(
        List<Structure> structures,
        Optional<Entities> entities,
        List<RelationKind> relations,
        List<ClassificationTask> classifications) {
    /** The names in answers of the parts that are not structures or classifications. */
    static final String ENTITIES = "entities";

    static final String RELATIONS = "relation_extraction";

    /**
     * Keeps copies of the lists. A schema without parts has empty answers.
     *
     * @throws SchemaException if two parts have the same name
     */
    public Schema {
        structures = List.copyOf(structures);
        relations = List.copyOf(relations);
        classifications = List.copyOf(classifications);
        Set<String> names = new HashSet<>(Set.of(ENTITIES, RELATIONS));
        List<String> all = new ArrayList<>();
        structures.forEach(s -> all.add(s.name()));
        classifications.forEach(c -> all.add(c.task()));
        relations.forEach(r -> all.add(r.name()));
        for (String name : all) {
            if (!names.add(name)) {
                throw new SchemaException("'" + name + "' is the name of two parts of the schema, or one that answers"
                        + " use themselves: rename one");
            }
        }
    }

    /** A part of a schema, which is one group of the prompt. */
    public sealed interface Part permits Structure, Entities, RelationKind, ClassificationTask {}

    /** Returns a schema that asks only for entities of these kinds. */
    public static Schema ofEntities(String... names) {
        return of(Entities.of(names));
    }

    /** Makes a schema of a single part. */
    public static Schema of(Part part) {
        return of(List.of(part));
    }

    /**
     * Returns a schema of parts of any kinds; several {@link Entities} become one part.
     *
     * @throws SchemaException as the constructor
     */
    public static Schema of(List<Part> parts) {
        List<Structure> structures = new ArrayList<>();
        List<RelationKind> relations = new ArrayList<>();
        List<ClassificationTask> classifications = new ArrayList<>();
        Optional<Entities> entities = Optional.empty();
        for (Part part : parts) {
            switch (part) {
                case Structure s -> structures.add(s);
                case RelationKind r -> relations.add(r);
                case ClassificationTask c -> classifications.add(c);
                case Entities e ->
                    entities = Optional.of(entities.map(before -> before.and(e)).orElse(e));
            }
        }
        return new Schema(structures, entities, relations, classifications);
    }

    /** Returns this schema with one more part. */
    public Schema and(Part part) {
        List<Part> parts = new ArrayList<>(parts());
        parts.add(part);
        return of(parts);
    }

    /** Returns all parts, in the order of the prompt. */
    public List<Part> parts() {
        List<Part> parts = new ArrayList<>(structures);
        entities.ifPresent(parts::add);
        parts.addAll(relations);
        parts.addAll(classifications);
        return parts;
    }

    /** Refuses a blank name. */
    static String named(String what, String name) {
        if (name.isBlank()) {
            throw new SchemaException("a name of " + what + " is empty");
        }
        return name;
    }

    /** Refuses names that are blank or occur twice. */
    static void distinct(String what, List<String> names) {
        Set<String> known = new HashSet<>();
        for (String name : names) {
            if (!known.add(named(what, name))) {
                throw new SchemaException("'" + name + "' is there twice among the names of " + what);
            }
        }
    }

    /** Refuses a value that is not a probability. */
    static void probability(String what, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new SchemaException("the threshold of " + what + " is " + value + "; it must be between 0 and 1");
        }
    }
}

package detangle.pipelines.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The kinds of entities to look for, and their attributes.
 *
 * @param kinds at least one, of distinct names
 * @param attributes the groups of labels that entities get
 */
public record Entities(List<EntityKind> kinds, List<AttributeGroup> attributes) implements Schema.Part {
    /**
     * Keeps copies of the lists.
     *
     * @throws SchemaException if there are no kinds, if a name or a label of the attributes occurs twice, or if an
     *     attribute applies to a kind that is not among these
     */
    public Entities {
        kinds = List.copyOf(kinds);
        attributes = List.copyOf(attributes);
        if (kinds.isEmpty()) {
            throw new SchemaException("there are no kinds of entities to look for");
        }
        List<String> names = kinds.stream().map(EntityKind::name).toList();
        Schema.distinct("entities", names);
        Schema.distinct(
                "attribute groups",
                attributes.stream().map(AttributeGroup::name).toList());
        checkAttributes(Set.copyOf(names), attributes);
    }

    private static void checkAttributes(Set<String> kinds, List<AttributeGroup> attributes) {
        Map<String, String> groups = new HashMap<>();
        Set<String> prompts = new HashSet<>();
        for (AttributeGroup group : attributes) {
            group.appliesTo()
                    .ifPresent(applied -> applied.stream()
                            .filter(kind -> !kinds.contains(kind))
                            .findFirst()
                            .ifPresent(kind -> {
                                throw new SchemaException("the attribute group '" + group.name() + "' applies to '"
                                        + kind + "', which is not among the entities");
                            }));
            for (String label : group.labels()) {
                String other = groups.put(label, group.name());
                if (other != null) {
                    throw new SchemaException("the label '" + label + "' is in the attribute groups '" + other
                            + "' and '" + group.name() + "'");
                }
                if (kinds.contains(group.prompt(label)) || !prompts.add(group.prompt(label))) {
                    throw new SchemaException("the attribute label '" + group.prompt(label)
                            + "' is also asked for otherwise: set qualify_labels, or rename it");
                }
            }
        }
    }

    /**
     * Returns a part that asks for any number of entities of each kind, without descriptions and attributes. A name
     * that occurs twice counts once.
     */
    public static Entities of(String... names) {
        return new Entities(Arrays.stream(names).distinct().map(EntityKind::of).toList(), List.of());
    }

    /**
     * Returns these kinds and attributes with others. A kind of the same name is replaced in its place, and keeps its
     * description if the other one has none.
     *
     * @throws SchemaException if a kind that has no description here gets one, and another kind that stands after it is
     *     already described; and as the constructor
     */
    public Entities and(Entities others) {
        SequencedMap<String, EntityKind> all = new LinkedHashMap<>();
        kinds.forEach(kind -> all.put(kind.name(), kind));
        for (EntityKind kind : others.kinds) {
            if (all.containsKey(kind.name())) {
                checkDescription(all, kind);
            }
            all.merge(kind.name(), kind, EntityKind::replacedBy);
        }
        List<AttributeGroup> groups = new ArrayList<>(attributes);
        groups.addAll(others.attributes);
        return new Entities(List.copyOf(all.values()), groups);
    }

    /**
     * GLiNER2 prompts with descriptions in the order in which they were given (gliner2/inference/schema.py:311-312).
     * This class gives them in the order of the kinds.
     */
    private static void checkDescription(SequencedMap<String, EntityKind> known, EntityKind again) {
        boolean isNew = again.description().isPresent()
                && known.get(again.name()).description().isEmpty();
        boolean othersBetween = known.values().stream()
                .dropWhile(kind -> !kind.name().equals(again.name()))
                .anyMatch(kind -> kind.description().isPresent());
        if (isNew && othersBetween) {
            throw new SchemaException("the entity '" + again.name()
                    + "' is described after other entities: describe it where it is named first");
        }
    }

    public Entities withAttributes(List<AttributeGroup> value) {
        return new Entities(kinds, value);
    }
}

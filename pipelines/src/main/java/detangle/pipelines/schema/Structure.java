package detangle.pipelines.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A record with fields, of which a text may hold several instances.
 *
 * @param name its name in the prompt
 * @param fields at least one, of distinct names, in the order of the prompt
 * @param mode what instances are; models of the boundary architecture need a mode, other models do not take one
 * @param anchor the field whose values are instances in {@link RecordMode#NATURAL}; the first one if empty
 */
public record Structure(String name, List<StructureField> fields, Optional<RecordMode> mode, Optional<String> anchor)
        implements Schema.Part {
    /**
     * Keeps a copy of the fields.
     *
     * @throws SchemaException if the name is blank, if there are no fields, if two fields have the same name, or if the
     *     anchor is not one of them or the mode does not take it
     */
    public Structure {
        fields = List.copyOf(fields);
        Schema.named("structures", name);
        if (fields.isEmpty()) {
            throw new SchemaException("the structure '" + name + "' has no fields");
        }
        Schema.distinct(
                "fields of the structure '" + name + "'",
                fields.stream().map(StructureField::name).toList());
        checkAnchor(name, fields, mode, anchor);
    }

    private static void checkAnchor(
            String name, List<StructureField> fields, Optional<RecordMode> mode, Optional<String> anchor) {
        if (anchor.isEmpty()) {
            return;
        }
        if (mode.isEmpty() || mode.get() != RecordMode.NATURAL) {
            throw new SchemaException("the structure '" + name + "' has an anchor, which the mode natural alone takes");
        }
        if (fields.stream().noneMatch(field -> field.name().equals(anchor.get()))) {
            throw new SchemaException(
                    "the anchor '" + anchor.get() + "' of the structure '" + name + "' is not among its fields");
        }
    }

    public static Structure of(String name, StructureField... fields) {
        return new Structure(name, Arrays.asList(fields), Optional.empty(), Optional.empty());
    }

    public Structure withMode(RecordMode value) {
        return new Structure(name, fields, Optional.of(value), anchor);
    }

    /** Returns the structure with a field whose values are the instances. */
    public Structure withAnchor(String value) {
        return new Structure(name, fields, Optional.of(RecordMode.NATURAL), Optional.of(value));
    }

    /** Returns whether the values of a field are the instances. */
    public boolean isAnchor(StructureField field) {
        return mode.equals(Optional.of(RecordMode.NATURAL))
                && field.name().equals(anchor.orElse(fields.getFirst().name()));
    }

    /** Returns how many values a field of this structure has, if it has a mode. */
    public Cardinality cardinality(StructureField field) {
        return field.cardinality().orElse(isAnchor(field) ? Cardinality.REQUIRED_ONE : Cardinality.ZERO_OR_MORE);
    }

    /** Returns whether a field of this structure has several values. */
    public ValueType valueType(StructureField field) {
        return mode.isPresent() ? cardinality(field).type() : field.type();
    }
}

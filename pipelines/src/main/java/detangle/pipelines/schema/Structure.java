package detangle.pipelines.schema;

import java.util.Arrays;
import java.util.List;

/**
 * A record with fields, of which a text may hold several instances.
 *
 * @param name as the model is prompted with it
 * @param fields at least one, of distinct names, in the order of the prompt
 */
public record Structure(String name, List<StructureField> fields) implements Schema.Part {
    /** Keeps a copy, and refuses a blank name, no fields and fields of the same name. */
    public Structure {
        fields = List.copyOf(fields);
        Schema.named("structures", name);
        if (fields.isEmpty()) {
            throw new SchemaException("the structure '" + name + "' has no fields");
        }
        Schema.distinct(
                "fields of the structure '" + name + "'",
                fields.stream().map(StructureField::name).toList());
    }

    public static Structure of(String name, StructureField... fields) {
        return new Structure(name, Arrays.asList(fields));
    }
}

package detangle.pipelines.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The instances of a structure in a text.
 *
 * @param predicted whether the model expects any. If it does not, GLiNER2 answers with an empty object instead of an
 *     empty list
 * @param found the instances that have a value, each with all fields by name
 */
public record Instances(boolean predicted, List<SequencedMap<String, FieldValue>> found) {
    /** Keeps copies. */
    public Instances {
        List<SequencedMap<String, FieldValue>> copies = new ArrayList<>();
        found.forEach(fields -> copies.add(Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fields))));
        found = List.copyOf(copies);
    }
}

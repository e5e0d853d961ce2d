package detangle.pipelines.schema;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * An entity.
 *
 * @param mention its part of the text
 * @param attributes labels of each {@link AttributeGroup} that applies to its kind, by the group's name: one label, or
 *     those that reach the group's threshold
 */
public record EntityMention(Mention mention, SequencedMap<String, List<ScoredLabel>> attributes) {
    /** Keeps a copy. */
    public EntityMention {
        attributes = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(attributes));
    }
}

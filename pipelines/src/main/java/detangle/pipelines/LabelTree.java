package detangle.pipelines;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * Labels in nested groups, as GLiClass takes them: {@code {"tone": ["glad", "sad"]}}. A model reads their paths, such
 * as {@code tone.glad}.
 */
public sealed interface LabelTree {
    /** Labels side by side, without a group. */
    record Labels(List<String> names) implements LabelTree {
        /** Keeps a copy of the names. */
        public Labels {
            names = List.copyOf(names);
        }
    }

    /** Groups by their names, in order. */
    record Groups(SequencedMap<String, LabelTree> groups) implements LabelTree {
        /** Keeps a copy of the map. */
        public Groups {
            groups = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(groups));
        }
    }

    /**
     * Reads labels in groups.
     *
     * @param groups the groups as JSON has them: each name has a label, a list of labels, or a map of groups
     * @throws PipelineException that names the group at fault
     */
    static LabelTree of(Map<String, ?> groups) {
        return LabelTreeReader.read(groups);
    }

    /** Returns the paths of all labels, in order. */
    default List<String> paths() {
        return switch (this) {
            case Labels(List<String> names) -> names;
            case Groups(SequencedMap<String, LabelTree> groups) ->
                groups.sequencedEntrySet().stream()
                        .flatMap(group -> group.getValue().paths().stream().map(path -> group.getKey() + "." + path))
                        .toList();
        };
    }

    /**
     * Returns scores in the form of the tree, as {@code return_hierarchical} of GLiClass does: a map with a number for
     * each label, and a map for each group.
     *
     * @param scores the scores of paths; a missing one counts as 0
     */
    default SequencedMap<String, Object> nested(List<Classification> scores) {
        Map<String, Double> byPath = new HashMap<>();
        scores.forEach(one -> byPath.put(one.label(), one.score()));
        return values(path -> byPath.getOrDefault(path, 0.0));
    }

    /** Returns values of paths in the form of the tree: a map with a value for each label, and a map for each group. */
    default SequencedMap<String, Object> values(Function<String, ?> ofPath) {
        return nested("", ofPath);
    }

    private SequencedMap<String, Object> nested(String prefix, Function<String, ?> scores) {
        SequencedMap<String, Object> nested = new LinkedHashMap<>();
        switch (this) {
            case Labels(List<String> names) -> names.forEach(name -> nested.put(name, scores.apply(prefix + name)));
            case Groups(SequencedMap<String, LabelTree> groups) ->
                groups.forEach((name, tree) -> nested.put(name, tree.nested(prefix + name + ".", scores)));
        }
        return nested;
    }
}

package detangle.pipelines;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Reads labels in groups, from values as JSON has them. */
final class LabelTreeReader {
    /** The largest depth of groups, far more than real trees have. */
    private static final int MAX_DEPTH = 32;

    private LabelTreeReader() {}

    static LabelTree read(Map<?, ?> groups) {
        return groups(groups, "", MAX_DEPTH);
    }

    private static LabelTree groups(Map<?, ?> groups, String prefix, int deepest) {
        if (groups.isEmpty()) {
            throw new PipelineException(
                    prefix.isEmpty()
                            ? "there are no labels to choose from"
                            : prefix.substring(0, prefix.length() - 1) + " has no labels");
        }
        SequencedMap<String, LabelTree> all = new LinkedHashMap<>();
        groups.forEach((name, held) -> all.put((String) name, group(prefix + name, held, deepest)));
        return new LabelTree.Groups(all);
    }

    private static LabelTree group(String path, Object held, int deepest) {
        return switch (held) {
            case String label -> new LabelTree.Labels(List.of(label));
            case List<?> labels -> new LabelTree.Labels(labels(path, labels));
            case Map<?, ?> groups when deepest > 0 -> groups(groups, path + ".", deepest - 1);
            case Map<?, ?> groups -> throw fault(path, "is a group in more than " + MAX_DEPTH + " others");
            case null -> throw fault(path, "is null");
            default -> throw fault(path, "is neither a list of labels nor an object of groups");
        };
    }

    private static List<String> labels(String path, List<?> labels) {
        if (labels.isEmpty()) {
            throw fault(path, "has no labels");
        }
        return labels.stream()
                .map(label -> {
                    if (label instanceof String text) {
                        return text;
                    }
                    throw fault(path, "has an element that is not a string");
                })
                .toList();
    }

    private static PipelineException fault(String path, String fault) {
        return new PipelineException(path + " " + fault);
    }
}

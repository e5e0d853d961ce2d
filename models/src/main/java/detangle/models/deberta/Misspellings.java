package detangle.models.deberta;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Fields of a file that nothing reads, and that stand one letter from one that is read: added, left out, changed or swapped. */
final class Misspellings {
    /** Fields of other models' configurations that are what they are called. */
    private static final Set<String> OTHERS = Set.of("hidden_sizes");

    private Misspellings() {}

    /**
     * A field that is likely meant.
     *
     * @param written as it stands in the file
     * @param meant the field that is read
     */
    record Misspelling(String written, String meant) {}

    /**
     * Those of a file, in its order.
     *
     * @param present the fields of the file
     * @param known the fields that are read
     */
    static List<Misspelling> in(Collection<String> present, Set<String> known) {
        return present.stream()
                // HuggingFace's own notes begin with an underscore, such as the _num_labels of old releases.
                .filter(field -> !known.contains(field) && !OTHERS.contains(field) && !field.startsWith("_"))
                .flatMap(field -> near(field, known).map(meant -> new Misspelling(field, meant)).stream())
                .toList();
    }

    /** The field that stands one letter from another. */
    static Optional<String> near(String field, Collection<String> fields) {
        return fields.stream().filter(other -> isOneEdit(field, other)).sorted().findFirst();
    }

    private static boolean isOneEdit(String a, String b) {
        if (a.length() > b.length()) {
            return isOneEdit(b, a);
        }
        int start = 0;
        while (start < a.length() && a.charAt(start) == b.charAt(start)) {
            start++;
        }
        int end = 0;
        while (end < a.length() - start && a.charAt(a.length() - 1 - end) == b.charAt(b.length() - 1 - end)) {
            end++;
        }
        int left = a.length() - start - end;
        int right = b.length() - start - end;
        boolean swapped = left == 2
                && right == 2
                && a.charAt(start) == b.charAt(start + 1)
                && a.charAt(start + 1) == b.charAt(start);
        return swapped || left == 0 && right == 1 || left == 1 && right == 1;
    }
}

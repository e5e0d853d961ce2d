package detangle.models.deberta;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Fields of a file that nothing reads and that look like one that is read: one letter is added, left out, changed or
 * swapped, or the letters are the same and their case or what separates the words is not.
 */
final class Misspellings {
    /** Fields of other models' configurations that are what they are called. */
    private static final Set<String> OTHERS = Set.of("hidden_sizes");

    /** No field that is read is as long. */
    private static final int MAX_NAME_LENGTH = 64;

    private static final int MAX_LISTED = 4;

    private Misspellings() {}

    /**
     * A field that is likely meant.
     *
     * @param written as it stands in the file
     * @param meant the field that is read
     */
    record Misspelling(String written, String meant) {}

    /**
     * Returns those of a file, in its order; at most {@value #MAX_LISTED}.
     *
     * @param present the fields of the file
     * @param known the fields that are read
     */
    static List<Misspelling> in(Collection<String> present, Set<String> known) {
        // Where two fields have the same letters, HuggingFace's is suggested, which has fewer underscores.
        Map<String, String> byLetters = known.stream()
                .collect(Collectors.toMap(Misspellings::letters, f -> f, (a, b) -> a.compareTo(b) > 0 ? a : b));
        return present.stream()
                // HuggingFace's own notes begin with an underscore, such as the _num_labels of old releases.
                .filter(field -> !known.contains(field) && !OTHERS.contains(field) && !field.startsWith("_"))
                .flatMap(field -> Optional.ofNullable(byLetters.get(letters(field)))
                        .or(() -> oneEdit(field, known))
                        .map(meant -> new Misspelling(field, meant))
                        .stream())
                .limit(MAX_LISTED)
                .toList();
    }

    /** Returns the field that stands one letter from another, or has its letters. */
    static Optional<String> near(String field, Collection<String> fields) {
        String letters = letters(field);
        return fields.stream()
                .filter(other -> isOneEdit(field, other) || letters(other).equals(letters))
                .sorted()
                .findFirst();
    }

    private static Optional<String> oneEdit(String field, Collection<String> fields) {
        return fields.stream().filter(other -> isOneEdit(field, other)).sorted().findFirst();
    }

    /** Returns the letters of a name, which other languages write as hiddenSize or Hidden-Size. */
    private static String letters(String field) {
        return field.length() > MAX_NAME_LENGTH
                ? field
                : field.replaceAll("[_\\-. ]", "").toLowerCase(Locale.ROOT);
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

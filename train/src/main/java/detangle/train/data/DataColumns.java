package detangle.train.data;

import java.util.List;
import java.util.Optional;

/**
 * The names of the columns of texts and labels. A column that is not named is found by its usual names.
 *
 * @param text the column of the text; {@code text}, {@code sentence}, {@code sentence1}, {@code premise} and such by
 *     default
 * @param pair the column of the second text, if rows are pairs; {@code text_pair}, {@code sentence2}, {@code
 *     hypothesis} and such by default
 * @param label the column of the label; {@code label}, {@code labels} and such by default
 */
public record DataColumns(Optional<String> text, Optional<String> pair, Optional<String> label) {
    /** No column is named. */
    public static final DataColumns DEFAULT = new DataColumns(Optional.empty(), Optional.empty(), Optional.empty());

    private static final List<String> TEXTS =
            List.of("text", "sentence", "sentence1", "premise", "question1", "content", "review", "document");
    private static final List<String> PAIRS = List.of("text_pair", "sentence2", "hypothesis", "question2");
    private static final List<String> LABELS =
            List.of("label", "labels", "category", "class", "intent", "score", "target");

    public DataColumns withText(String name) {
        return new DataColumns(Optional.of(name), pair, label);
    }

    public DataColumns withPair(String name) {
        return new DataColumns(text, Optional.of(name), label);
    }

    public DataColumns withLabel(String name) {
        return new DataColumns(text, pair, Optional.of(name));
    }

    /** Finds the column of texts of rows like this one. */
    public String textOf(DataRow row) {
        return found(row, text, TEXTS, "texts");
    }

    /**
     * Finds the column of second texts; empty if there is none. If the column of texts is named, usual names are not
     * tried.
     */
    Optional<String> pairOf(DataRow row) {
        if (pair.isPresent() || text.isPresent()) {
            return pair.map(name -> found(row, pair, PAIRS, "second texts"));
        }
        return PAIRS.stream().filter(row.columns()::containsKey).findFirst();
    }

    /** Finds the column of labels. */
    String labelOf(DataRow row) {
        String found = found(row, label, LABELS, "labels");
        if (text.filter(found::equals).or(() -> pair.filter(found::equals)).isPresent()) {
            throw new DataException(row.where() + ": the column '" + found
                    + "' would be text and label at once: name another column for one of them");
        }
        return found;
    }

    static String found(DataRow row, Optional<String> named, List<String> usual, String what) {
        if (named.isPresent()) {
            if (!row.columns().containsKey(named.get())) {
                throw new DataException(
                        row.where() + " has no column '" + named.get() + "' for " + what + "; it has " + row.names());
            }
            return named.get();
        }
        return usual.stream()
                .filter(row.columns()::containsKey)
                .findFirst()
                .orElseThrow(() -> new DataException(row.where() + " has no column of " + what + " that is called "
                        + String.join(", ", usual.subList(0, Math.min(usual.size(), 3))) + " or the like; it has "
                        + row.names() + ": name the column"));
    }
}

package detangle.train.data;

import java.util.List;
import java.util.Optional;

/**
 * A sentence whose words have tags.
 *
 * @param where the name of the sentence in messages
 * @param words its words
 * @param tags a tag for each: text, as {@code B-PER}, or the number of a class
 */
public record TaggedWords(String where, List<String> words, List<?> tags) {
    private static final List<String> WORDS = List.of("tokens", "words", "text");
    private static final List<String> TAGS = List.of("ner_tags", "tags", "labels", "label", "pos_tags");

    /** Reads a row that has a list of words and a list of tags. */
    static TaggedWords of(DataRow row, DataColumns columns) {
        String words = DataColumns.found(row, columns.text(), WORDS, "words");
        String tags = DataColumns.found(row, columns.label(), TAGS, "tags");
        List<?> found = row.list(words);
        List<?> tagged = row.list(tags);
        if (found.size() != tagged.size()) {
            throw new DataException(row.where() + " has " + found.size() + " words in '" + words + "' and "
                    + tagged.size() + " tags in '" + tags + "'");
        }
        Optional<?> other =
                found.stream().filter(word -> !(word instanceof String)).findFirst();
        if (other.isPresent() || tagged.stream().anyMatch(tag -> !(tag instanceof String || tag instanceof Number))) {
            throw new DataException(row.where() + ": words are texts, and tags are texts or numbers");
        }
        return new TaggedWords(
                row.where(), found.stream().map(String.class::cast).toList(), tagged);
    }
}

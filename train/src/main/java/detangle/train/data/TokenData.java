package detangle.train.data;

import detangle.models.deberta.HeadLosses;
import detangle.models.text.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Sentences with a class for each word: the label stands on the first token of a word, and other tokens do not count.
 *
 * @param labels the labels of classes
 * @param examples an example for each sentence, in order
 * @param notices remarks on the data for the user, one line each
 */
public record TokenData(LabelMap labels, List<Example> examples, List<String> notices) {
    private static final Pattern OF_ENTITIES = Pattern.compile("O|[BIELSU]-.+");
    private static final int IGNORED = (int) HeadLosses.IGNORED;

    /**
     * Encodes sentences as their words with a space between.
     *
     * @param known the labels; if empty, all tags that occur, in the order of {@code ofModel} if they are the same ones,
     *     or else sorted
     * @param ofModel the labels of the model that is trained; empty if it has none
     * @throws DataException if there are none, a tag is not among those that are known, or all words have the same tag
     */
    public static TokenData read(
            Iterable<TaggedWords> sentences,
            String name,
            ExampleEncoder encoder,
            Optional<LabelMap> known,
            List<String> ofModel) {
        List<TaggedWords> all = new ArrayList<>();
        sentences.forEach(all::add);
        if (all.isEmpty()) {
            throw new DataException(name + " has no sentences");
        }
        LabelMap labels = known.orElseGet(() -> LabelMap.ofData(
                all.stream().flatMap(sentence -> sentence.tags().stream()).toList(), ofModel));
        if (known.isEmpty() && labels.size() < 2) {
            throw new DataException(
                    labels.size() == 0
                            ? name + " has no words"
                            : "all words of " + name + " have the tag '"
                                    + labels.names().getFirst() + "': there is nothing to learn");
        }
        List<Example> examples = new ArrayList<>();
        long lost = 0;
        for (TaggedWords sentence : all) {
            Encoding encoding = encoder.encode(String.join(" ", sentence.words()), sentence.where());
            int[] classes = classes(sentence, encoding, labels);
            lost += sentence.words().size()
                    - Arrays.stream(classes).filter(c -> c != IGNORED).count();
            examples.add(Example.of(TokenIds.of(encoding), new Target.TokenClasses(classes)));
        }
        List<String> notices = new ArrayList<>(encoder.notices());
        if (lost > 0) {
            notices.add(lost + (lost == 1 ? " word of " : " words of ") + name
                    + " have no token, as they were cut off or the tokenizer leaves nothing of them");
        }
        if (labels.names().stream().noneMatch(OF_ENTITIES.asMatchPredicate())) {
            notices.add("no tag of " + name + " is O or has a form such as B-PER: precision, recall and f1 of entities"
                    + " mean nothing, and accuracy counts the tags");
        }
        return new TokenData(labels, examples, notices);
    }

    /** Encodes rows that have a list of words and a list of tags. */
    public static Iterable<TaggedWords> sentences(Iterable<DataRow> rows, DataColumns columns) {
        List<TaggedWords> sentences = new ArrayList<>();
        rows.forEach(row -> sentences.add(TaggedWords.of(row, columns)));
        return sentences;
    }

    private static int[] classes(TaggedWords sentence, Encoding encoding, LabelMap labels) {
        int[] ends = new int[sentence.words().size()];
        int at = -1;
        for (int w = 0; w < ends.length; w++) {
            String word = sentence.words().get(w);
            at += 1 + word.codePointCount(0, word.length());
            ends[w] = at;
        }
        int[] classes = new int[encoding.length()];
        int before = -1;
        int word = 0;
        for (int t = 0; t < classes.length; t++) {
            classes[t] = IGNORED;
            if (encoding.sequences()[t] == Encoding.SPECIAL) {
                continue;
            }
            // A token that begins with the space before a word belongs to that word.
            while (word < ends.length - 1 && ends[word] <= encoding.starts()[t]) {
                word++;
            }
            if (word > before) {
                classes[t] = labels.index(sentence.tags().get(word), sentence.where());
                before = word;
            }
        }
        return classes;
    }
}

package detangle.experiment.ner;

import detangle.experiment.data.SegmentFeatures;
import detangle.train.data.Example;
import detangle.train.data.TaggedWords;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sentences of a document that are one example. Words become tokens one by one, with a space before each but the first
 * of a sentence. The tag of a word stands on its first token; other tokens have the class -1, which does not count.
 *
 * @param words the words of all sentences
 * @param firstTokens for each word the place of its first token; -1 for a word of which the tokenizer makes no token
 */
record PackedSentences(List<String> words, int[] firstTokens, Example example) {
    private static final int NO_TOKEN = -1;

    /** A word with its tag and its tokens. */
    private record Word(String text, String tag, int[] tokens) {}

    /**
     * Packs the sentences of documents: a sentence that does not fit behind those before it begins the next example.
     * One that fits into no example is divided between words, and a single word that is too long loses its last tokens.
     *
     * @param labels the tags in the order of their classes; a word with another tag does not count
     */
    static List<PackedSentences> of(List<List<TaggedWords>> documents, List<String> labels, SegmentFeatures features) {
        int room = features.maxLength() - 2;
        List<PackedSentences> packed = new ArrayList<>();
        for (List<TaggedWords> document : documents) {
            List<Word> waiting = new ArrayList<>();
            for (TaggedWords sentence : document) {
                for (List<Word> part : parts(words(sentence, room, features), room)) {
                    if (length(waiting) + length(part) > room) {
                        packed.add(packed(waiting, labels, features));
                        waiting.clear();
                    }
                    waiting.addAll(part);
                }
            }
            if (length(waiting) > 0) {
                packed.add(packed(waiting, labels, features));
            }
        }
        return packed;
    }

    private static List<Word> words(TaggedWords sentence, int room, SegmentFeatures features) {
        List<Word> words = new ArrayList<>();
        for (int i = 0; i < sentence.words().size(); i++) {
            String text = sentence.words().get(i);
            int[] tokens = features.tokens(i == 0 ? text : " " + text);
            words.add(new Word(
                    text,
                    String.valueOf(sentence.tags().get(i)),
                    Arrays.copyOf(tokens, Math.min(tokens.length, room))));
        }
        return words;
    }

    /** Divides a sentence into parts that fit, most often one. */
    private static List<List<Word>> parts(List<Word> sentence, int room) {
        List<List<Word>> parts = new ArrayList<>();
        List<Word> part = new ArrayList<>();
        for (Word word : sentence) {
            if (length(part) + word.tokens.length > room) {
                parts.add(part);
                part = new ArrayList<>();
            }
            part.add(word);
        }
        parts.add(part);
        return parts;
    }

    private static int length(List<Word> words) {
        return words.stream().mapToInt(word -> word.tokens.length).sum();
    }

    private static PackedSentences packed(List<Word> words, List<String> labels, SegmentFeatures features) {
        int[] ids = new int[length(words) + 2];
        int[] classes = new int[ids.length];
        Arrays.fill(classes, NO_TOKEN);
        int[] firstTokens = new int[words.size()];
        ids[0] = features.classToken();
        int at = 1;
        for (int w = 0; w < firstTokens.length; w++) {
            Word word = words.get(w);
            boolean gone = word.tokens.length == 0;
            firstTokens[w] = gone ? NO_TOKEN : at;
            if (!gone) {
                classes[at] = labels.indexOf(word.tag);
            }
            System.arraycopy(word.tokens, 0, ids, at, word.tokens.length);
            at += word.tokens.length;
        }
        ids[at] = features.separatorToken();
        Example example = Example.of(new TokenIds(ids, ids.length), new Target.TokenClasses(classes));
        return new PackedSentences(words.stream().map(Word::text).toList(), firstTokens, example);
    }
}

package detangle.pipelines;

import detangle.pipelines.WordVectors.WordRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text as words, and spans of them that were found to be entities; as GLiNER divides and decides
 * (decoding/decoder.py).
 */
final class WordSpans {
    // Python's word characters: they include every kind of number, and no accents that stand alone.
    private static final String LETTER = "[\\p{L}\\p{N}_]";
    // Possessive, because it never needs backtracking: otherwise the JDK takes a stack frame for each hyphen of a word.
    private static final Pattern WORD =
            Pattern.compile(LETTER + "++(?:[-_]" + LETTER + "++)*+|[^\\p{IsWhite_Space}\\x1c-\\x1f]");

    private WordSpans() {}

    /**
     * A part of a text.
     *
     * @param start index of its first character
     * @param end the index after its last
     */
    record Word(String text, int start, int end) {}

    static List<Word> words(String text) {
        List<Word> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            words.add(new Word(matcher.group(), matcher.start(), matcher.end()));
        }
        return words;
    }

    /** A label of some words with its probability. */
    record Likely(int label, double probability) {}

    /**
     * The words from the first to the last, both included, with a label.
     *
     * @param likely the most probable labels of the words, the most probable first; none if words are scored one by one
     */
    record Found(int first, int last, int label, double score, List<Likely> likely) {
        Found(int first, int last, int label, double score) {
            this(first, last, label, score, List.of());
        }

        /** Returns the same words, counted from an earlier word. */
        Found after(int words) {
            return new Found(words + first, words + last, label, score, likely);
        }
    }

    /** Returns the candidates that are kept, in the order of the text. More probable candidates are kept first. */
    static List<Found> chosen(List<Found> candidates, ExtractionOptions options) {
        List<Found> chosen = new ArrayList<>();
        KeptSpans kept = new KeptSpans(options);
        candidates.stream()
                .sorted(Comparator.comparingDouble(Found::score).reversed())
                .filter(found -> kept.keep(new WordRange(found.first(), found.last())))
                .forEach(chosen::add);
        chosen.sort(Comparator.comparingInt(Found::first));
        return chosen;
    }

    /**
     * Returns the entities with neighbours of one label joined, if at most one character is between them. The model
     * card of NuNER Zero joins the words of an entity in this way.
     *
     * @param entities in the order of the text
     */
    static List<Entity> merged(List<Entity> entities, String text) {
        List<Entity> merged = new ArrayList<>();
        for (Entity next : entities) {
            Entity last = merged.isEmpty() ? next : merged.getLast();
            boolean joins = !merged.isEmpty()
                    && last.entity().equals(next.entity())
                    && last.end() <= next.start()
                    && text.codePointCount(last.end(), next.start()) <= 1;
            if (joins) {
                String word = text.substring(last.start(), next.end());
                double score = Math.min(last.score(), next.score());
                merged.set(merged.size() - 1, new Entity(last.entity(), score, word, last.start(), next.end()));
            } else {
                merged.add(next);
            }
        }
        return merged;
    }

    /** Returns the index of an entity, or of the entity that it was merged into. */
    static int holding(List<Entity> merged, Entity part) {
        int same = merged.indexOf(part);
        if (same >= 0) {
            return same;
        }
        for (int i = 0; i < merged.size(); i++) {
            Entity whole = merged.get(i);
            if (whole.entity().equals(part.entity()) && whole.start() <= part.start() && part.end() <= whole.end()) {
                return i;
            }
        }
        throw new IllegalArgumentException("none of the entities holds " + part);
    }
}

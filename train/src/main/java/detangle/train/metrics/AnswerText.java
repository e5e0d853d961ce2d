package detangle.train.metrics;

import detangle.models.text.WhiteSpace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * Compares answers as SQuAD's evaluation does: without case, ASCII punctuation, articles, and differences in white
 * space.
 */
public final class AnswerText {
    private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");
    private static final Pattern ARTICLES = Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);

    private AnswerText() {}

    /** Returns an answer in the form in which answers are compared. */
    public static String normalized(String answer) {
        String plain = PUNCTUATION.matcher(answer.toLowerCase(Locale.ROOT)).replaceAll("");
        return String.join(" ", words(ARTICLES.matcher(plain).replaceAll(" ")));
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (!WhiteSpace.is(c)) {
                word.appendCodePoint(c);
            } else if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
        });
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    /** Returns 1 if both answers are equal in the form in which they are compared, and 0 otherwise. */
    public static double exact(String truth, String prediction) {
        return normalized(truth).equals(normalized(prediction)) ? 1 : 0;
    }

    /**
     * Returns F1 of the words that both answers have, each as often as it occurs. If one has no words, the result is 1
     * if both have none.
     */
    public static double f1(String truth, String prediction) {
        List<String> there = words(normalized(truth));
        List<String> predicted = words(normalized(prediction));
        if (there.isEmpty() || predicted.isEmpty()) {
            return there.isEmpty() && predicted.isEmpty() ? 1 : 0;
        }
        Map<String, Integer> left = new HashMap<>();
        there.forEach(word -> left.merge(word, 1, Integer::sum));
        int common = 0;
        for (String word : predicted) {
            if (left.getOrDefault(word, 0) > 0) {
                left.merge(word, -1, Integer::sum);
                common++;
            }
        }
        return new Counts(common, predicted.size() - common, there.size() - common).f1();
    }

    /** Returns the greatest value of a measure of a prediction with one of the right answers. */
    static double best(Collection<String> truths, ToDoubleFunction<String> measure) {
        return truths.stream().mapToDouble(measure).max().orElse(0);
    }
}

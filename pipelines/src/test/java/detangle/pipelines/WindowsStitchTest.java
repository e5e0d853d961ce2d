package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizer;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The windows of a long text give the bits that their words give as texts of their own, at the right places. Each word
 * is one token, so that a window is a text. {@code -Ddetangle.properties.texts=500} says how many random texts there
 * are, {@code -Ddetangle.properties.seed=7} which is the first.
 */
class WindowsStitchTest {
    private static final int TEXTS = Integer.getInteger("detangle.properties.texts", 4);
    private static final long FIRST = Long.getLong("detangle.properties.seed", 1);
    private static final int LENGTH = 16;

    /** Tokens of a window that are not words: [CLS] and [SEP]. */
    private static final int SPECIAL = 2;

    private static final int MAX_WORDS = 90;
    private static final List<String> TAGS = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");

    @TempDir
    private Path folder;

    /** Words that the tokenizer makes one token of. */
    private static List<String> words(Tokenizer tokenizer) {
        List<String> words = Stream.of(
                        "where when why is my new old card account transfer money bank in for a that and to who like they it"
                                .split(" "))
                .filter(word -> tokenizer.encode(word).length() == 1 + SPECIAL)
                .toList();
        assertTrue(words.size() > 10, words.toString());
        return words;
    }

    /** A text in words. */
    private record Words(List<String> words) {
        private static Words random(List<String> known, Random random) {
            return new Words(random.ints(1 + random.nextInt(MAX_WORDS), 0, known.size())
                    .mapToObj(known::get)
                    .toList());
        }

        private String text() {
            return String.join(" ", words);
        }

        /** Returns where a word begins. */
        private int start(int word) {
            return words.subList(0, word).stream().mapToInt(w -> w.length() + 1).sum();
        }

        /** Returns the first words of the windows that share so many. */
        private List<Integer> windows(int shared) {
            List<Integer> first = new ArrayList<>(List.of(0));
            while (first.getLast() + LENGTH - SPECIAL < words.size()) {
                first.add(first.getLast() + LENGTH - SPECIAL - shared);
            }
            return first;
        }

        private Words window(int first) {
            return new Words(words.subList(first, Math.min(words.size(), first + LENGTH - SPECIAL)));
        }
    }

    @FunctionalInterface
    private interface Property {
        void check(Words text, int shared);
    }

    private static void checkAll(Tokenizer tokenizer, Property property) {
        List<String> known = words(tokenizer);
        for (long seed = FIRST; seed < FIRST + TEXTS; seed++) {
            Random random = new Random(seed);
            // The first numbers of neighbouring seeds are alike.
            random.nextLong();
            Words text = Words.random(known, random);
            int shared = random.nextInt(LENGTH - SPECIAL - 1);
            try {
                property.check(text, shared);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "text " + seed + " (alone: -Ddetangle.properties.seed=" + seed
                                + " -Ddetangle.properties.texts=1), with " + shared + " words shared: " + text.text(),
                        e);
            }
        }
    }

    @Test
    void theStrongestWindowIsTheStrongestText() {
        try (TextClassifier classifier =
                TextClassifier.load(TinyModel.SHIPPED, PipelineOptions.DEFAULT.withMaxLength(LENGTH))) {
            checkAll(classifier.tokenizer(), (text, shared) -> {
                StrongestWindow expected = StrongestWindow.NONE;
                List<Integer> windows = text.windows(shared);
                for (int first : windows) {
                    Words window = text.window(first);
                    List<Classification> labels = classifier.classify(window.text());
                    if (expected.labels().isEmpty()
                            || labels.getFirst().score()
                                    > expected.labels().getFirst().score()) {
                        int start = text.start(first);
                        expected = new StrongestWindow(
                                labels, start, start + window.text().length(), windows.size());
                    }
                }
                WindowOptions options = WindowOptions.DEFAULT.withStride(shared);
                assertEquals(
                        List.of(expected), classifier.classifyInWindows(List.of(text.text()), options, done -> {}));
            });
        }
        System.out.println("windows: " + TEXTS + " texts from seed " + FIRST + ", their strongest windows have the bits"
                + " of texts");
    }

    @Test
    void theTagsOfAWindowAreThoseOfAText() throws IOException {
        Path model = TinyModel.write(folder.resolve("tags"), "ForTokenClassification", TAGS);
        try (TokenClassifier classifier = TokenClassifier.load(model, PipelineOptions.DEFAULT.withMaxLength(LENGTH))) {
            checkAll(classifier.tokenizer(), (text, shared) -> {
                TokenClassificationOptions options = TokenClassificationOptions.DEFAULT
                        .withStrategy(AggregationStrategy.NONE)
                        .withIgnoreLabels(List.of())
                        .withStride(shared);
                List<Entity> expected = new ArrayList<>();
                for (int first : text.windows(shared)) {
                    int start = text.start(first);
                    for (Entity tag : classifier
                            .classify(List.of(text.window(first).text()), options)
                            .getFirst()) {
                        expected.add(new Entity(
                                tag.entity(), tag.score(), tag.word(), start + tag.start(), start + tag.end()));
                    }
                }
                assertEquals(List.of(expected), classifier.ofWindows(List.of(text.text()), options, done -> {}));
            });
        }
        System.out.println("windows: " + TEXTS + " texts from seed " + FIRST + ", their tags have the bits of texts");
    }
}

package detangle.pipelines;

import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.LabelSource;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.pipelines.GlinerFolder.Marks;
import detangle.pipelines.WordSpans.Word;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes encodings of texts as a GLiNER model reads them: with labels before them, or alone. */
final class ExtractionWindows {
    private final GlinerConfig config;
    private final Tokenizer tokenizer;
    private final Optional<Marks> marks;
    private final int maxWords;

    /** @param maxWords the most words of a window */
    ExtractionWindows(GlinerFolder folder, int maxWords) {
        this.config = folder.config();
        this.tokenizer = folder.tokenizer();
        this.marks = folder.marks();
        this.maxWords = maxWords;
    }

    /** Returns the words of a window. */
    int maxWords() {
        return maxWords;
    }

    /**
     * Labels and words as the model reads them: {@code [CLS] <<ENT>> label <<ENT>> label <<SEP>> words [SEP]}, or, if
     * it finds relations, {@code [CLS] <<ENT>> label <<SEP>> <<REL>> relation <<SEP>> words [SEP]}, or words alone.
     *
     * @param text its number
     * @param firstWord the number in the text of the first word
     * @param labelTokens where the state of each label stands
     * @param relationTokens where the state of each relation stands
     * @param wordTokens where each word begins
     */
    record Window(
            Encoding encoding, int text, int firstWord, int[] labelTokens, int[] relationTokens, int[] wordTokens) {}

    /** Returns the tokens of a word or a label, without special ones. */
    int[] tokens(String word) {
        return GlinerFolder.tokens(tokenizer, word);
    }

    /** Returns a request with the words of its text; without words if it asks for nothing. */
    ExtractionText text(ExtractionRequest request) {
        List<String> labels = request.labels().stream().distinct().toList();
        List<Word> words = labels.isEmpty()
                ? List.of()
                : WordSpans.words(request.text()).stream()
                        .filter(word -> tokens(word.text()).length > 0)
                        .toList();
        return new ExtractionText(
                request, labels, request.relations().stream().distinct().toList(), words);
    }

    /**
     * Returns the windows of a text; a text without words has none.
     *
     * @param number the text's
     * @param labelTokens the tokens of labels and relations
     */
    List<Window> of(int number, ExtractionText text, Map<String, int[]> labelTokens) {
        List<Word> words = text.words();
        int length = Math.min(maxWords, words.size());
        // An entity that the end of one window cuts is whole in the next one.
        int overlap = Math.min(maxWords / 2, Math.max(config.maxWidth(), maxWords / 4));
        Map<String, int[]> known = new HashMap<>();
        List<Window> windows = new ArrayList<>();
        for (int first = 0; first < words.size(); first += length - overlap) {
            List<Word> part = words.subList(first, Math.min(words.size(), first + length));
            windows.add(window(number, first, text, part, labelTokens, known));
            if (first + length >= words.size() || text.options().longTexts() == LongTexts.CUT) {
                break;
            }
        }
        return windows;
    }

    private Window window(
            int number,
            int first,
            ExtractionText text,
            List<Word> words,
            Map<String, int[]> labelTokens,
            Map<String, int[]> known) {
        int[] frame = tokenizer.encode("").ids();
        Ids ids = new Ids();
        ids.add(frame[0]);
        int[] labels = new int[0];
        int[] relations = new int[0];
        switch (config.labels()) {
            case LabelSource.Prompt prompt -> {
                Marks tokens = marks.orElseThrow();
                labels = ids.addMarked(tokens.ent(), prompt(text.labels(), labelTokens), prompt.embedEntToken());
                ids.add(tokens.sep());
                if (prompt.relations().isPresent()) {
                    boolean atMark = prompt.relations().get().embedRelToken();
                    relations =
                            ids.addMarked(tokens.rel().orElseThrow(), prompt(text.relations(), labelTokens), atMark);
                    ids.add(tokens.sep());
                }
            }
            case LabelSource.OwnEncoder _ -> {}
        }
        int[] wordTokens = new int[words.size()];
        for (int word = 0; word < wordTokens.length; word++) {
            wordTokens[word] = ids.size();
            ids.add(known.computeIfAbsent(words.get(word).text(), this::tokens));
        }
        ids.add(frame[frame.length - 1]);
        return new Window(ids.encoding(), number, first, labels, relations, wordTokens);
    }

    private static List<int[]> prompt(List<String> labels, Map<String, int[]> labelTokens) {
        return labels.stream().map(labelTokens::get).toList();
    }

    /** Collects ids. */
    private static final class Ids {
        private int[] ids = new int[64];
        private int size;

        int size() {
            return size;
        }

        void add(int... more) {
            if (size + more.length > ids.length) {
                ids = Arrays.copyOf(ids, 2 * (size + more.length));
            }
            System.arraycopy(more, 0, ids, size, more.length);
            size += more.length;
        }

        /**
         * Adds words with a token before each.
         *
         * @param atMark whether a word's state is that of the token before it
         * @return where the words' states stand
         */
        int[] addMarked(int mark, List<int[]> words, boolean atMark) {
            int[] places = new int[words.size()];
            for (int i = 0; i < places.length; i++) {
                places[i] = size + (atMark ? 0 : 1);
                add(mark);
                add(words.get(i));
            }
            return places;
        }

        Encoding encoding() {
            int[] none = new int[size];
            return new Encoding(Arrays.copyOf(ids, size), none, List.of(), none, none, none, none);
        }
    }
}

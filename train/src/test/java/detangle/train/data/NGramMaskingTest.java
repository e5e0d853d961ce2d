package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerKind;
import detangle.models.text.Tokenizers;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Compares masks with those of the original's NGramMaskGenerator, by hand and by the statistics of its own draws. */
final class NGramMaskingTest {
    private static final int MASK = 4;

    /** The ids below five are special; odd ones continue the word before them. */
    private static final WordParts PARTS = new WordParts(bits(0, 1, 2, 3, MASK), odd());

    private static BitSet bits(int... ids) {
        BitSet set = new BitSet();
        Arrays.stream(ids).forEach(set::set);
        return set;
    }

    private static BitSet odd() {
        return bits(IntStream.range(3, 100).filter(i -> i % 2 == 1).toArray());
    }

    /** Returns given numbers in their order. */
    private static final class Given extends Random {
        private static final long serialVersionUID = 1L;

        private final transient List<Double> doubles = new ArrayList<>();
        private final transient List<Integer> integers = new ArrayList<>();
        private final transient List<Integer> bounds = new ArrayList<>();

        Given doubles(double... values) {
            Arrays.stream(values).forEach(doubles::add);
            return this;
        }

        Given integers(int... values) {
            Arrays.stream(values).forEach(integers::add);
            return this;
        }

        @Override
        public double nextDouble() {
            return doubles.removeFirst();
        }

        @Override
        public int nextInt(int bound) {
            bounds.add(bound);
            return integers.removeFirst();
        }
    }

    private static NGramMasking masking(int maxGram, int maxLength) {
        return NGramMasking.of(MASK, 50, PARTS, maxGram, NGramMasking.PROBABILITY, maxLength, 7);
    }

    /**
     * Thirteen tokens that may be masked are windows of 6, 6 and 1, with one mask each: places 2, 3 and 0 of them. Of
     * 15 tokens two are masked, so that the third is left.
     */
    @Test
    void eachWindowHasOneMask() {
        int[] tokens = {1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 2};
        Given random = new Given().integers(2, 3, 0, 33).doubles(0, 0, 0, 0.79, 0.9);
        Masking.Masked masked = masking(1, 512).of(tokens, random);
        assertEquals(List.of(6, 6, 1, 50), random.bounds);
        assertArrayEquals(new int[] {1, 10, 11, MASK, 13, 14, 15, 16, 17, 18, 33, 20, 21, 22, 2}, masked.ids());
        int[] labels = new int[15];
        Arrays.fill(labels, -100);
        labels[3] = 12;
        labels[10] = 19;
        assertArrayEquals(labels, masked.labels());
    }

    /**
     * With runs of two, words are masked as a whole. The words are 10 11, 12, 14 15 15, 16, 18 19, 20, 22; token 3 is
     * {@code [UNK]}, which belongs to no word. The first number says runs of two (above 2/3 of all), whose window has
     * 12 words, here 7. The run is words 2 and 3. The first of them, 14 15 15, is masked as a whole, though two tokens
     * of 14 are wanted, and 16 is left.
     */
    @Test
    void wordsAreMaskedAsAWhole() {
        int[] tokens = {1, 10, 11, 3, 12, 14, 15, 15, 16, 18, 19, 20, 22, 2};
        Given random = new Given().integers(2).doubles(0.7, 0.1, 0.85, 0.1);
        Masking.Masked masked = masking(2, 512).of(tokens, random);
        assertEquals(List.of(7), random.bounds);
        assertArrayEquals(new int[] {1, 10, 11, 3, 12, MASK, 15, MASK, 16, 18, 19, 20, 22, 2}, masked.ids());
        assertArrayEquals(new int[] {5, 6, 7}, places(masked));
    }

    /** The run of one that is drawn first reaches the two tokens that are wanted, so that the second is left. */
    @Test
    void unitsAfterEnoughTokensAreLeft() {
        int[] tokens = {1, 10, 11, 12, 14, 16, 18, 20, 22, 24, 26, 28, 2};
        Given random = new Given().integers(0, 0).doubles(0.5, 0.5, 0, 0);
        Masking.Masked masked = masking(2, 512).of(tokens, random);
        assertEquals(List.of(6, 4), random.bounds);
        assertArrayEquals(new int[] {1, 2}, places(masked));
    }

    @Test
    void aTextWithoutWordsHasNoMask() {
        assertArrayEquals(new int[] {}, places(masking(3, 512).of(new int[] {1, 3, 2}, new Random(1))));
    }

    @Test
    void theMostPredictionsFollowFromTheLength() {
        assertEquals(80, masking(1, 512).maxPredictions());
        assertEquals(20, masking(1, 128).maxPredictions());
        assertEquals(10, masking(1, 64).maxPredictions());
        assertEquals(10, masking(1, 8).maxPredictions());
    }

    @Test
    void aGeneratorSeesMasksAlone() {
        NGramMasking masks = masking(1, 512).withMasksOnly();
        int[] tokens = IntStream.range(0, 200).map(i -> 10 + i % 40).toArray();
        Masking.Masked masked = masks.of(tokens, 0, 5);
        for (int place : places(masked)) {
            assertEquals(MASK, masked.ids()[place]);
        }
        assertEquals(30, places(masked).length);
        assertArrayEquals(masked.ids(), masks.of(tokens, 0, 5).ids());
    }

    @Test
    void whatCannotBeIsRefused() {
        DataException e = assertThrows(DataException.class, () -> masking(0, 512));
        assertEquals("max_ngram is 0: it must be at least 1", e.getMessage());
    }

    private static int[] places(Masking.Masked masked) {
        return IntStream.range(0, masked.labels().length)
                .filter(i -> masked.labels()[i] >= 0)
                .toArray();
    }

    static Stream<JsonNode> cases() throws IOException {
        Path file = SharedFiles.require("goldens-training/ngram-mask/statistics.json");
        return JsonMapper.shared()
                .readTree(Files.readString(file))
                .path("cases")
                .valueStream();
    }

    /** All frequencies are within four standard errors of the original's. */
    @ParameterizedTest
    @MethodSource("cases")
    void frequenciesAreTheOriginals(JsonNode expected) {
        int samples = expected.path("samples").intValue();
        int length = expected.path("length").intValue();
        // Each place of the text has an id of its own, so that a random token is seldom the original one.
        BitSet special = new BitSet();
        BitSet continuing = new BitSet();
        for (int i = 0; i < length; i++) {
            special.set(i, expected.path("special").get(i).booleanValue());
            continuing.set(i, !expected.path("starts_word").get(i).booleanValue());
        }
        int mask = 1_000_000;
        NGramMasking plain = NGramMasking.of(
                mask,
                mask,
                new WordParts(special, continuing),
                expected.path("G").intValue(),
                NGramMasking.PROBABILITY,
                expected.path("max_seq_len").intValue(),
                11);
        NGramMasking masking = expected.path("keep_prob").doubleValue() == 0 ? plain.withMasksOnly() : plain;
        assertEquals(expected.path("max_preds_per_seq").intValue(), masking.maxPredictions());
        int[] tokens = IntStream.range(0, length).toArray();
        int[] atPlace = new int[length];
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        double squares = 0;
        long masked = 0;
        long masks = 0;
        long kept = 0;
        for (int sample = 0; sample < samples; sample++) {
            Masking.Masked found = masking.of(tokens, 0, sample);
            int[] places = places(found);
            for (int place : places) {
                atPlace[place]++;
                masks += found.ids()[place] == mask ? 1 : 0;
                kept += found.ids()[place] == place ? 1 : 0;
            }
            counts.merge(places.length, 1, Integer::sum);
            squares += (double) places.length * places.length;
            masked += places.length;
        }
        for (int i = 0; i < length; i++) {
            double p = expected.path("probability_per_position").get(i).doubleValue();
            double own = (double) atPlace[i] / samples;
            assertWithin(p, own, Math.sqrt((p * (1 - p) + own * (1 - own)) / samples), "place " + i);
        }
        JsonNode number = expected.path("number_masked");
        double mean = (double) masked / samples;
        double error = Math.hypot(
                number.path("standard_error").doubleValue(),
                Math.sqrt(Math.max(0, squares / samples - mean * mean) / samples));
        assertWithin(number.path("mean").doubleValue(), mean, error, "number of masked tokens");
        JsonNode histogram = number.path("histogram");
        for (int count : counts.keySet()) {
            double share = (double) counts.get(count) / samples;
            double reference = histogram.path(Integer.toString(count)).asInt(0) / (double) samples;
            double own = Math.sqrt(Math.max(share * (1 - share), 1.0 / samples) / samples);
            assertWithin(reference, share, Math.sqrt(2) * own, "texts with " + count + " masks");
        }
        assertShare(expected, "mask", (double) masks / masked, masked);
        assertShare(expected, "keep", (double) kept / masked, masked);
    }

    private static void assertShare(JsonNode expected, String name, double share, long masked) {
        double reference = expected.path("shares").path(name).doubleValue();
        // A random token of the reference's 205 may be the original one, or [MASK].
        double chance = 0.1 / 205;
        double error = Math.sqrt(2 * reference * (1 - reference) / masked);
        assertEquals(reference, share, 4 * error + chance, name);
    }

    private static void assertWithin(double expected, double actual, double error, String what) {
        assertEquals(expected, actual, 4 * error + 1e-12, what);
    }

    /** SentencePiece's vocabularies mark a space in the piece itself. */
    @ParameterizedTest
    @ValueSource(strings = {"small", "deberta-v3"})
    void piecesWithoutASpaceContinueWords(String name) {
        Path folder = SharedFiles.require("data/tokenizers/" + name);
        for (TokenizerKind kind : List.of(TokenizerKind.HUGGINGFACE, TokenizerKind.SENTENCEPIECE)) {
            Tokenizer tokenizer = Tokenizers.load(folder, kind);
            WordParts parts = WordParts.of(tokenizer);
            assertEquals(5, parts.special().cardinality());
            for (int id = 0; id < tokenizer.vocabSize(); id++) {
                String piece = tokenizer.token(id).orElseThrow();
                boolean mark = piece.codePointCount(0, piece.length()) == 1 && isMark(piece.codePointAt(0));
                boolean continues = !parts.special().get(id) && !piece.startsWith("\u2581") && !mark;
                assertEquals(continues, parts.continuing().get(id), () -> kind + " '" + piece + "'");
            }
        }
    }

    private static boolean isMark(int c) {
        return c < 128 && !Character.isLetterOrDigit(c)
                || Character.toString(c).matches("[\\p{P}\\p{Cc}\\p{Zs}\\p{Cf}]");
    }

    /**
     * Vocabularies of GPT-2 in microsoft's form name ids, and those of HuggingFace spell bytes; both have the same
     * parts of words.
     */
    @Test
    void tokensOfGpt2WithoutASpaceContinueWords() {
        Path folder = SharedFiles.require("data/tokenizers/deberta-v1");
        Tokenizer tokenizer = Tokenizers.load(folder);
        WordParts parts = WordParts.of(tokenizer);
        int[] ids = tokenizer.encode(" unbelievably (good), isn't it").ids();
        List<String> continuing = IntStream.of(ids)
                .filter(parts.continuing()::get)
                .mapToObj(id -> tokenizer.token(id).orElseThrow())
                .toList();
        List<String> starting = IntStream.of(ids)
                .filter(id -> !parts.continuing().get(id) && !parts.special().get(id))
                .mapToObj(id -> tokenizer.token(id).orElseThrow())
                .toList();
        assertEquals(List.of("good", "),", "'t"), continuing);
        assertEquals(List.of("\u0120unbelievably", "\u0120(", "\u0120isn", "\u0120it"), starting);
        assertTrue(parts.special().get(tokenizer.maskTokenId().orElseThrow()));
        WordParts microsofts = WordParts.of(Tokenizers.load(folder, TokenizerKind.GPT2));
        // Dictionaries are filled up behind GPT-2's words, before [MASK] comes.
        assertEquals(parts.special().get(0, 50_260), microsofts.special().get(0, 50_260));
        assertEquals(parts.continuing().get(0, 50_260), microsofts.continuing().get(0, 50_260));
    }
}

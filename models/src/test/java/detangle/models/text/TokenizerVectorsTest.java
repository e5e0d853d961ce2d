package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Encodings that other projects' tests state, of vocabularies that are here. */
class TokenizerVectorsTest {
    @TempDir
    Path folder;

    private static final String V1 = "microsoft/deberta-base (v1)";
    private static final String V1_ORIGINAL = "v1 original BPE (GPT-2 ids as strings)";
    private static final List<String> V3 = List.of("microsoft/deberta-v3-base", "deberta_v3_extra_small_en");

    @Test
    void vectors() {
        Path v1 = SharedFiles.require("data/tokenizers/deberta-v1");
        Path v3 = SharedFiles.require("data/tokenizers/deberta-v3");
        Tokenizer vocabulary = Tokenizers.load(v1);
        Tokenizer original = Tokenizers.load(v1, TokenizerKind.GPT2);
        Tokenizer fast = Tokenizers.load(v3);
        Tokenizer slow = Tokenizers.load(v3, TokenizerKind.SLOW);
        int compared = 0;
        for (JsonNode vector : vectorsOf("tokenizer_vectors.json")) {
            String model = vector.path("model").stringValue();
            boolean bytes = vector.path("note").asString("").startsWith("byte-fallback");
            Optional<Tokenizer> tokenizer = model.equals(V1)
                    ? Optional.of(vocabulary)
                    : model.equals(V1_ORIGINAL)
                            ? Optional.of(original)
                            : V3.stream().anyMatch(model::startsWith)
                                    ? Optional.of(bytes ? slow : fast)
                                    : Optional.empty();
            if (tokenizer.isPresent() && vector.path("verified_here").asBoolean(false)) {
                check(vector, tokenizer.get());
                compared++;
            }
        }
        assertTrue(compared >= 21, "only " + compared + " vectors");
    }

    private static Iterable<JsonNode> vectorsOf(String name) {
        return JsonMapper.shared()
                .readTree(SharedFiles.require("data/" + name).toFile())
                .path("vectors");
    }

    private static void check(JsonNode vector, Tokenizer tokenizer) {
        String text = vector.path("text").stringValue();
        Encoding encoding = tokenizer.encode(text);
        int specials = vector.path("special_tokens").booleanValue() ? 0 : 1;
        int end = encoding.length() - specials;
        if (vector.has("ids")) {
            int[] ids = StreamSupport.stream(vector.path("ids").spliterator(), false)
                    .mapToInt(JsonNode::intValue)
                    .toArray();
            assertArrayEquals(ids, Arrays.copyOfRange(encoding.ids(), specials, end), text);
        }
        if (vector.has("tokens")) {
            List<String> tokens = StreamSupport.stream(vector.path("tokens").spliterator(), false)
                    .map(JsonNode::stringValue)
                    .toList();
            assertEquals(tokens, encoding.tokens().subList(specials, end), text);
        }
    }

    /** Published of deberta-base-mnli: a pair, [CLS] A [SEP] B [SEP] with types 0 and 1. */
    @Test
    void pairOfV1() {
        Tokenizer tokenizer = Tokenizers.load(SharedFiles.require("data/tokenizers/deberta-v1"));
        Encoding pair = tokenizer.encode("I love you.", "I like you.");
        assertArrayEquals(new int[] {1, 100, 657, 47, 4, 2, 100, 101, 47, 4, 2}, pair.ids());
        assertArrayEquals(new int[] {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, pair.typeIds());
    }

    /** The mask of v1 takes the space before it, and its offset says so. */
    @Test
    void maskOfV1() {
        Tokenizer tokenizer = Tokenizers.load(SharedFiles.require("data/tokenizers/deberta-v1"));
        Encoding masked = tokenizer.encode("a [MASK] b");
        assertEquals(List.of("[CLS]", "a", "[MASK]", "\u0120b", "[SEP]"), masked.tokens());
        assertArrayEquals(new int[] {0, 0, 1, 8, 0}, masked.starts());
        assertArrayEquals(new int[] {0, 1, 8, 10, 0}, masked.ends());
    }

    /** The dictionary of GPT-2's ids and the vocabulary made from it agree wherever both apply. */
    @Test
    void dictionaryAgreesWithVocabulary() throws IOException {
        Path v1 = SharedFiles.require("data/tokenizers/deberta-v1");
        Files.copy(v1.resolve("dict.txt"), folder.resolve("dict.txt"));
        Files.copy(v1.resolve("merges.txt"), folder.resolve("vocab.bpe"));
        Tokenizer dictionary = Tokenizers.load(folder);
        Tokenizer vocabulary = Tokenizers.load(v1);
        for (String text : Files.readAllLines(SharedFiles.require("data/tokenizers/small/inputs.txt"))) {
            if (text.contains("[MASK]") || text.contains("[CLS]")) {
                continue;
            }
            Encoding expected = vocabulary.encode(text);
            Encoding actual = dictionary.encode(text);
            assertArrayEquals(expected.ids(), actual.ids(), text);
            assertArrayEquals(expected.starts(), actual.starts(), text);
            assertArrayEquals(expected.ends(), actual.ends(), text);
        }
    }
}

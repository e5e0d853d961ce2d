package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Against encodings made with HuggingFace tokenizers: ids, special tokens, and offsets in code points. */
class ReferenceEncodingsTest {
    private static final Path TRAINED = SharedFiles.home().resolve("models/pretrained/banking77-small");

    @Test
    void smallVocabularyFromTokenizerJson() {
        Path folder = SharedFiles.require("data/tokenizers/small");
        assertReference(Tokenizers.load(folder), folder);
    }

    @Test
    void smallVocabularyFromSentencePiece() {
        Path folder = SharedFiles.require("data/tokenizers/small");
        assertReference(Tokenizers.fromSentencePiece(folder.resolve("spm.model")), folder);
    }

    @Test
    void releasedVocabularyFromSentencePiece() {
        Path folder = SharedFiles.require("data/tokenizers/deberta-v3");
        Tokenizer tokenizer = Tokenizers.load(folder);
        assertEquals(128_001, tokenizer.vocabSize());
        assertReference(tokenizer, folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "deberta-v3"})
    void sentencePieceItself(String name) {
        Path folder = SharedFiles.require("data/tokenizers/" + name);
        Tokenizer tokenizer = Tokenizers.load(folder, TokenizerKind.SENTENCEPIECE);
        JsonNode rows = JsonMapper.shared()
                .readTree(folder.resolve("reference_encodings.json").toFile())
                .path("rows");
        assertEquals(120, rows.size());
        for (JsonNode row : rows) {
            String text = row.path("text").stringValue();
            Encoding encoding = tokenizer.encode(text);
            int last = encoding.length() - 1;
            assertArrayEquals(
                    ints(row.path("spm_ids")), Arrays.copyOfRange(encoding.ids(), 1, last), () -> "text " + text);
            for (int i = 1; i < last; i++) {
                assertEquals(
                        row.path("spm_pieces").get(i - 1).stringValue(),
                        encoding.tokens().get(i));
            }
        }
    }

    private static void assertReference(Tokenizer tokenizer, Path folder) {
        JsonNode rows = JsonMapper.shared()
                .readTree(folder.resolve("reference_encodings.json").toFile())
                .path("rows");
        assertEquals(120, rows.size());
        for (JsonNode row : rows) {
            String text = row.path("text").stringValue();
            Encoding encoding = tokenizer.encode(text);
            assertArrayEquals(ints(row.path("hf_v4_fast_ids_with_specials")), encoding.ids(), text);
            JsonNode offsets = row.path("hf_v4_fast_offsets");
            for (int i = 0; i < offsets.size(); i++) {
                int token = i;
                assertEquals(offsets.get(i).get(0).intValue(), encoding.starts()[i], () -> text + ", token " + token);
                assertEquals(offsets.get(i).get(1).intValue(), encoding.ends()[i], () -> text + ", token " + token);
            }
        }
    }

    @Test
    void trainedModelsTextsGetTheIdsItWasTestedWith() {
        Tokenizer fromJson = Tokenizers.load(TRAINED);
        Tokenizer fromSentencePiece = Tokenizers.fromSentencePiece(TRAINED.resolve("spm.model"));
        JsonNode rows =
                JsonMapper.shared().readTree(TRAINED.resolve("first20.json").toFile());
        assertEquals(20, rows.size());
        for (JsonNode row : rows) {
            int[] expected = ints(row.path("input_ids"));
            String text = row.path("text").stringValue();
            assertArrayEquals(expected, fromJson.encode(text).ids(), text);
            assertArrayEquals(expected, fromSentencePiece.encode(text).ids(), text);
        }
    }

    @Test
    void bothFilesOfTheTrainedModelAgreeOnItsTestSet() throws IOException {
        Path data = SharedFiles.require("data/datasets/banking77/test.csv");
        Tokenizer fromJson = Tokenizers.load(TRAINED);
        Tokenizer fromSentencePiece = Tokenizers.fromSentencePiece(TRAINED.resolve("spm.model"));
        assertEquals(fromJson.vocabSize(), fromSentencePiece.vocabSize());
        for (String line : Files.readAllLines(data)) {
            assertArrayEquals(
                    fromJson.encode(line).ids(), fromSentencePiece.encode(line).ids(), line);
        }
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .flatMapToInt(node -> IntStream.of(node.intValue()))
                .toArray();
    }
}

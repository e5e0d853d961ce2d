package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.weights.WeightsException;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizersTest {
    private static final Path TRAINED = SharedFiles.home().resolve("models/pretrained/banking77-small");
    private static final Tokenizer TOKENIZER = Tokenizers.load(TRAINED);

    /** Zeros of an integer that 64 bits do not hold. */
    private static final String BEYOND_DOUBLES =
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

    @TempDir
    Path folder;

    @Test
    void specialTokensFrameTheText() {
        Encoding encoding = TOKENIZER.encode("Where is my card?");
        assertEquals(List.of("[CLS]", "▁Where", "▁is", "▁my", "▁card", "?", "[SEP]"), encoding.tokens());
        assertEquals(7, encoding.length());
        assertArrayEquals(new int[] {-1, 0, 0, 0, 0, 0, -1}, encoding.sequences());
        assertArrayEquals(new int[7], encoding.typeIds());
        assertArrayEquals(new int[] {0, 0, 5, 8, 11, 16, 0}, encoding.starts());
        assertArrayEquals(new int[] {0, 5, 8, 11, 16, 17, 0}, encoding.ends());
        assertEquals(1, encoding.ids()[0]);
        assertEquals(2, encoding.ids()[6]);
    }

    @Test
    void pairHasItsSecondTextAndSeparatorOfTypeOne() {
        Encoding encoding = TOKENIZER.encode("my card", "is it");
        assertEquals(List.of("[CLS]", "▁my", "▁card", "[SEP]", "▁is", "▁it", "[SEP]"), encoding.tokens());
        assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1, 1}, encoding.typeIds());
        assertArrayEquals(new int[] {-1, 0, 0, -1, 1, 1, -1}, encoding.sequences());
        assertArrayEquals(new int[] {0, 2, 7, 0, 2, 5, 0}, encoding.ends());
    }

    @Test
    void idsBecomeTextAgain() {
        int[] ids = TOKENIZER.encode("Where is my card?").ids();
        assertEquals("Where is my card?", TOKENIZER.decode(ids, true));
        assertEquals("[CLS] Where is my card?[SEP]", TOKENIZER.decode(ids, false));
        assertEquals("card", TOKENIZER.decode(new int[] {ids[4]}, false));
        assertEquals(4000, TOKENIZER.maskTokenId().orElseThrow());
    }

    @Test
    void vocabularyAndPadding() {
        assertEquals(4001, TOKENIZER.vocabSize());
        assertEquals(0, TOKENIZER.padTokenId());
    }

    @Test
    void nothingIsCutAndNothingIsPadded() throws IOException {
        // A file that asks for both.
        String json = Files.readString(TRAINED.resolve("tokenizer.json"))
                .replaceFirst(
                        "\"truncation\": null",
                        "\"truncation\": {\"direction\":\"Right\",\"max_length\":8,\"strategy\":\"LongestFirst\",\"stride\":0}")
                .replaceFirst(
                        "\"padding\": null",
                        "\"padding\": {\"strategy\":{\"Fixed\":16},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"}");
        assertTrue(json.contains("\"max_length\":8") && json.contains("\"Fixed\":16"), "the file's layout changed");
        Files.writeString(folder.resolve("tokenizer.json"), json);
        Tokenizer tokenizer = Tokenizers.load(folder);
        assertEquals(3, tokenizer.encode("card").length());
        assertEquals(2002, tokenizer.encode("card ".repeat(2000)).length());
    }

    /** HuggingFace writes 1e30 for no bound; what is not a length at all is refused. */
    @ParameterizedTest
    @CsvSource({
        "512, 512",
        "512.0, 512",
        "1000000000000000019884624838656, -1",
        "1e30, -1",
        "1" + BEYOND_DOUBLES + ", -1",
        "Infinity, -1",
        "NaN, -1",
        "null, -1",
        "0, -1",
        "-1, -1",
        "'\"512\"', 512",
        "'\"-1\"', -1",
        "'\"all\"', -1",
        "true, -1",
        "[512], -1"
    })
    void modelMaxLengthIsRead(String stated, int expected) throws IOException {
        Files.copy(TRAINED.resolve("spm.model"), folder.resolve("spm.model"));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\":" + stated + "}");
        assertEquals(expected, Tokenizers.load(folder).modelMaxLength().orElse(-1));
        Files.copy(TRAINED.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        assertEquals(expected, Tokenizers.load(folder).modelMaxLength().orElse(-1));
    }

    @Test
    void emptyTextIsItsSpecialTokens() {
        assertArrayEquals(new int[] {1, 2}, TOKENIZER.encode("").ids());
        assertArrayEquals(new int[] {1, 2}, TOKENIZER.encode(" \t\n ").ids());
    }

    @Test
    void offsetsCountCodePoints() {
        Encoding encoding = TOKENIZER.encode("a \uD83D\uDE00 card");
        assertEquals(List.of("[CLS]", "▁a", "▁", "\uD83D\uDE00", "▁card", "[SEP]"), encoding.tokens());
        assertEquals(3, encoding.ids()[3]);
        assertArrayEquals(new int[] {0, 0, 1, 2, 3, 0}, encoding.starts());
        assertArrayEquals(new int[] {0, 1, 2, 3, 8, 0}, encoding.ends());
    }

    /** The replacement character stands for the half, and the rest of the text is as it was. */
    @ParameterizedTest
    @CsvSource({
        "'\\uD83D a 😀 card', '\uFFFD a 😀 card'",
        "'a 😀 card \\uDE00', 'a 😀 card \uFFFD'",
        "'\\uDE00\\uD83D', '\uFFFD\uFFFD'",
    })
    void halfASurrogatePairHarmsNothingElse(String escaped, String repaired) {
        String broken = escaped.replace("\\uD83D", "\uD83D").replace("\\uDE00", "\uDE00");
        assertArrayEquals(
                TOKENIZER.encode(repaired).ids(), TOKENIZER.encode(broken).ids());
        assertArrayEquals(
                TOKENIZER.encode(repaired).starts(), TOKENIZER.encode(broken).starts());
    }

    @Test
    void threadsShareOne() throws Exception {
        List<String> texts = IntStream.range(0, 200)
                .mapToObj(i -> "card " + i + " is lost".repeat(i % 7))
                .toList();
        List<int[]> expected =
                texts.stream().map(t -> TOKENIZER.encode(t).ids()).toList();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<int[]>> tasks = texts.stream()
                    .map(t -> (Callable<int[]>) () -> TOKENIZER.encode(t).ids())
                    .toList();
            List<Future<int[]>> done = threads.invokeAll(tasks);
            for (int i = 0; i < texts.size(); i++) {
                assertArrayEquals(expected.get(i), done.get(i).get(), texts.get(i));
            }
        }
    }

    @Test
    void missingFilesAreNamed() {
        assertRefused("no tokenizer; what is looked for: tokenizer.json, spm.model, ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "[] ; it is not a JSON object",
                "{ ; not valid JSON",
                "nonsense ; it is not a JSON object",
                "{} ; it has no model",
                "{\"model\":[]} ; model is not an object",
                "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0}}} ; model is of type 'WordLevel'",
                "{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}} ; model has an empty vocab",
                "{\"model\":{\"type\":\"Unigram\",\"vocab\":3}} ; model has a vocab that is neither",
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":\"b\"}}} ; model has in its vocab 'a' without an id",
                "{\"model\":{\"vocab\":[[\"a\",0]]}} ; it has no padding token [PAD]",
                "{\"added_tokens\":[1]} ; a token without id or content",
                "{\"normalizer\":{\"type\":\"Precompiled\"}} ; normalizer needs precompiled_charsmap",
                "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"%\"}} ; not base 64",
                "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AA==\"}} ; is damaged: too short",
                "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAAAA==\"}} ; a trie of 0 bytes",
                "{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}],\"special_tokens\":{}}} ; uses '[SEP]', which special_tokens lacks",
                "{\"added_tokens\":[{\"id\":1}]} ; a token without id or content",
                "{\"added_tokens\":[{\"id\":0,\"content\":\"[PAD]\"}],\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}} ; model.vocab[0] has no score",
            })
    void hostileJsonIsRefused(String json, String message) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        assertRefused(message);
    }

    @Test
    void jsonThatIsNotUtf8IsRefused() throws IOException {
        Files.write(folder.resolve("tokenizer.json"), new byte[] {'{', (byte) 0xff, '}'});
        assertRefused("it is not UTF-8");
    }

    private void assertRefused(String message) {
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Tokenizers.load(folder));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertTrue(failure.getMessage().startsWith(folder.toString()), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
    }

    /** microsoft's file for v1: a torch.save of dict_map, vocab (the merges) and encoder, here of three letters. */
    @Test
    void torchFileOfMicrosoft() throws IOException {
        String pickle = "\u0080\u0002}(U\bdict_map](U\u00012K\u0009\u0086U\u00010K\u0005\u0086e"
                + "U\u0005vocabX\u0012\u0000\u0000\u0000#version: 0.2\na b\n"
                + "U\u0007encoder}(U\u0001aK\u0000U\u0001bK\u0001U\u0002abK\u0002uu.";
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("bpe_encoder.bin")))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle.getBytes(StandardCharsets.ISO_8859_1));
            zip.closeEntry();
        }
        assertRefused("has no token 'b', which the merge 'a b' needs");

        String whole = pickle.replace("e" + "U\u0005vocab", "U\u00011K\u0001\u0086eU\u0005vocab");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("bpe_encoder.bin")))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(whole.getBytes(StandardCharsets.ISO_8859_1));
            zip.closeEntry();
        }
        Encoding encoding = Tokenizers.load(folder).encode("aab");
        assertArrayEquals(new int[] {1, 5, 4, 2}, encoding.ids());
        assertEquals(List.of("[CLS]", "0", "2", "[SEP]"), encoding.tokens());
    }

    private void torchFile(String pickle) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("bpe_encoder.bin")))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle.getBytes(StandardCharsets.ISO_8859_1));
            zip.closeEntry();
        }
    }

    /**
     * Each list holds the one before it a hundred times: some hundred bytes there, and more than any memory written
     * out.
     */
    @Test
    void torchFileOfNestedMemos() throws IOException {
        StringBuilder pickle = new StringBuilder("\u0080\u0002}U\bdict_map](U\u00010eq\u0000");
        for (int level = 0; level < 6; level++) {
            pickle.append("0](")
                    .append(("h" + (char) level).repeat(100))
                    .append("eq")
                    .append((char) (level + 1));
        }
        torchFile(pickle.append("s.").toString());
        WeightsException e = assertThrows(WeightsException.class, () -> Tokenizers.load(folder));
        assertTrue(e.getMessage().contains("bpe_encoder.bin: "), e.getMessage());
        assertTrue(e.getMessage().endsWith("take more than 64 MiB of memory, which is the most"), e.getMessage());
    }

    @Test
    void torchFileWithTokensThatAreNotTexts() throws IOException {
        torchFile(
                "\u0080\u0002}(U\bdict_map](U\u00012K\u0009\u0086eU\u0005vocabU\u0000U\u0007encoder}(U\u0001aU\u0001buu.");
        assertRefused("bpe_encoder.bin: encoder is not a dictionary from token to id");
    }
}

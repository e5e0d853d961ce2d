package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands beside a vocabulary is heeded beside each of them, and refused where it is damaged or contradictory. */
class TokenizerSettingsTest {
    private static final Path TRAINED = SharedFiles.home().resolve("models/pretrained/banking77-small");
    private static final String WORDS =
            "[PAD] [UNK] [CLS] [SEP] [MASK] where is Where ##is re ##s ##sume 中 e ##e cafe <pad> <s> </s>";

    @TempDir
    Path folder;

    private Tokenizer load(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
        return Tokenizers.load(folder);
    }

    private void trained(String file) throws IOException {
        Files.copy(TRAINED.resolve(file), folder.resolve(file));
    }

    private void wordPiece() throws IOException {
        Files.writeString(folder.resolve("vocab.txt"), WORDS.replace(' ', '\n') + "\n");
    }

    /** Beside a vocabulary of HuggingFace's and beside SentencePiece's. */
    @ParameterizedTest
    @ValueSource(strings = {"spm.model", "tokenizer.json"})
    void addedTokens(String file) throws IOException {
        trained(file);
        Tokenizer tokenizer = load("added_tokens.json", "{\"[MASK]\": 4000, \"<user>\": 4001, \"<gap>\": 4005}");
        assertEquals(4006, tokenizer.vocabSize());
        assertEquals(
                List.of("[CLS]", "▁my", "<user>", "▁card", "[SEP]"),
                tokenizer.encode("my<user> card").tokens());
        assertEquals(4001, tokenizer.encode("my<user> card").ids()[2]);
        assertEquals(4005, tokenizer.encode("<gap>").ids()[1]);
        assertEquals(OptionalInt.of(4000), tokenizer.maskTokenId());
        // It is not special: decoding keeps it.
        assertEquals("<user>", tokenizer.decode(new int[] {1, 4001, 2}, true));

        tokenizer = load(
                "special_tokens_map.json", "{\"additional_special_tokens\": [\"<user>\", {\"content\":\"<new>\"}]}");
        assertEquals("", tokenizer.decode(new int[] {1, 4001, 2}, true));
        assertEquals(4006, tokenizer.encode("<new>").ids()[1]);

        tokenizer = load(
                "tokenizer_config.json",
                "{\"added_tokens_decoder\": {\"4001\": {\"content\": \"<user>\", \"lstrip\": true, \"rstrip\": true,"
                        + "\"normalized\": false, \"single_word\": false, \"special\": true}},\"unknown\":[1,{}]}");
        Encoding stripped = tokenizer.encode("my <user> card");
        assertEquals(List.of("[CLS]", "▁my", "<user>", "▁card", "[SEP]"), stripped.tokens());
        assertArrayEquals(new int[] {0, 0, 2, 10, 0}, stripped.starts());
        assertArrayEquals(new int[] {0, 2, 10, 14, 0}, stripped.ends());
    }

    /** The slow tokenizer finds them too, and of two that begin alike the longer one. */
    @Test
    void addedTokensOfTheSlowTokenizer() throws IOException {
        trained("spm.model");
        Files.writeString(folder.resolve("added_tokens.json"), "{\"<e1\": 4001, \"<e1>\": 4002, \"[MASK]\": 4000}");
        Tokenizer slow = Tokenizers.load(folder, TokenizerKind.SLOW);
        assertArrayEquals(new int[] {1, 4002, 4001, 2}, slow.encode("<e1><e1").ids());
        assertEquals(4003, slow.vocabSize());
        assertEquals("<e1>", slow.decode(new int[] {4002}, false));
        assertTrue(Tokenizers.load(folder, TokenizerKind.SENTENCEPIECE)
                        .encode("<e1>")
                        .length()
                > 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.json", "spm.model"})
    void paddingTokenOfAnyName(String file) throws IOException {
        trained(file);
        assertEquals(0, Tokenizers.load(folder).padTokenId());
        assertEquals(
                2, load("tokenizer_config.json", "{\"pad_token\": \"[SEP]\"}").padTokenId());
        assertEquals(
                3,
                load("tokenizer_config.json", "{\"pad_token\": {\"content\": \"[UNK]\"}}")
                        .padTokenId());
        // HuggingFace adds one that is nowhere.
        assertEquals(
                4001,
                load("tokenizer_config.json", "{\"pad_token\": \"<pad>\"}").padTokenId());
        // Without added_tokens_decoder, the map goes before the configuration.
        assertEquals(
                1, load("special_tokens_map.json", "{\"pad_token\": \"[CLS]\"}").padTokenId());
    }

    @Test
    void paddingTokenOfTheTokenizerItself() throws IOException {
        String json = Files.readString(TRAINED.resolve("tokenizer.json"))
                .replace("\"padding\": null", "\"padding\": {\"pad_token\":\"[SEP]\",\"pad_id\":2}");
        assertEquals(2, load("tokenizer.json", json).padTokenId());
    }

    @Test
    void wordPieceOfVocabTxt() throws IOException {
        wordPiece();
        Tokenizer tokenizer = Tokenizers.load(folder);
        assertEquals(
                List.of("[CLS]", "where", "##is", "re", "##sume", "中", "[UNK]", "[SEP]"),
                tokenizer.encode("WhereIs Résumé中,").tokens());
        assertArrayEquals(
                new int[] {0, 0, 5, 8, 10, 14, 15, 0},
                tokenizer.encode("WhereIs Résumé中,").starts());
        assertArrayEquals(
                new int[] {2, 5, 6, 3, 6, 3}, tokenizer.encode("where is", "is").ids());
        assertEquals(OptionalInt.of(4), tokenizer.maskTokenId());
        assertEquals(4, tokenizer.encode("[MASK]").ids()[1]);
        assertEquals("whereis resume", tokenizer.decode(new int[] {2, 5, 8, 9, 11, 3}, true));
    }

    @Test
    void byteOrderMarksAreNoPartOfTheFiles() throws IOException {
        Tokenizer tokenizer = load("vocab.txt", "\uFEFF" + WORDS.replace(' ', '\n'));
        assertEquals(0, tokenizer.padTokenId());
        String json = Files.readString(TRAINED.resolve("tokenizer.json"));
        assertEquals(4001, load("tokenizer.json", "\uFEFF" + json).vocabSize());
    }

    @ParameterizedTest
    @CsvSource({
        "{}, where|re|##s|##e",
        "{'do_lower_case': false}, Where|[UNK]",
        "{'do_lower_case': false;'strip_accents': true}, Where|re|##s|##e",
        "{'do_lower_case': true;'strip_accents': false}, where|[UNK]",
    })
    void caseAndAccentsOfWordPiece(String config, String expected) throws IOException {
        wordPiece();
        Tokenizer tokenizer =
                load("tokenizer_config.json", config.replace('\'', '"').replace(';', ','));
        assertEquals(
                "[CLS]|" + expected + "|[SEP]",
                String.join("|", tokenizer.encode("Where résé").tokens()));
    }

    @Test
    void chineseCharactersOfWordPiece() throws IOException {
        wordPiece();
        assertEquals(4, Tokenizers.load(folder).encode("中中").length());
        assertEquals(
                List.of("[CLS]", "[UNK]", "[SEP]"),
                load("tokenizer_config.json", "{\"tokenize_chinese_chars\": false}")
                        .encode("中中")
                        .tokens());
    }

    @Test
    void otherNamesOfSpecialTokens() throws IOException {
        wordPiece();
        Tokenizer tokenizer = load(
                "tokenizer_config.json",
                "{\"cls_token\": \"<s>\", \"sep_token\": \"</s>\", \"pad_token\": \"<pad>\", \"mask_token\": \"where\"}");
        assertEquals(List.of("<s>", "is", "</s>"), tokenizer.encode("is").tokens());
        assertEquals(16, tokenizer.padTokenId());
        assertEquals(OptionalInt.of(5), tokenizer.maskTokenId());
    }

    /** BERT's normalizer in a tokenizer.json is given what the configuration says, as BertTokenizerFast does. */
    @Test
    void caseOfATokenizerJson() throws IOException {
        String json = Files.readString(SharedFiles.require("goldens-family/tokenizers/wordpiece/tokenizer.json"));
        assertEquals(
                load("tokenizer.json", json).encode("WHERE").tokens(),
                Tokenizers.load(folder).encode("where").tokens());
        Tokenizer cased =
                load("tokenizer_config.json", "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": false}");
        assertEquals(List.of("[CLS]", "[UNK]", "[SEP]"), cased.encode("WHERE").tokens());
        Tokenizer other = load(
                "tokenizer_config.json", "{\"tokenizer_class\": \"DebertaV2Tokenizer\", \"do_lower_case\": false}");
        assertEquals(other.encode("where").tokens(), other.encode("WHERE").tokens());
    }

    @Test
    void prefixSpace() throws IOException {
        Path v1 = SharedFiles.require("data/tokenizers/deberta-v1");
        Files.copy(v1.resolve("vocab.json"), folder.resolve("vocab.json"));
        Files.copy(v1.resolve("merges.txt"), folder.resolve("merges.txt"));
        assertEquals("Hello", Tokenizers.load(folder).encode("Hello").tokens().get(1));
        Tokenizer spaced = load("tokenizer_config.json", "{\"add_prefix_space\": true}");
        assertEquals("\u0120Hello", spaced.encode("Hello").tokens().get(1));
        assertEquals(5, spaced.encode("Hello").ends()[1]);
    }

    /** The ids of transformers 5, whose tokenizer is built of the same settings. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | 1 272 3988 272 3 428 3 1314 3467 782 1421 260 526 289 2",
                "{'do_lower_case': true} | 1 282 557 384 272 3 428 3 640 260 526 289 2",
                "{'do_lower_case': false, 'split_by_punct': false} | 1 272 3988 272 3 428 3 1314 3467 782 1421 260 526 289 2",
                "{'split_by_punct': true} | 1 272 3988 272 272 3 272 428 272 3 1314 3467 782 1421 272 260 274 289 2",
                "{'cls_token': '[SEP]', 'sep_token': '[CLS]'} | 2 272 3988 272 3 428 3 1314 3467 782 1421 260 526 289 1",
                "{'cls_token': '<s>', 'sep_token': '</s>'} | 4002 272 3988 272 3 428 3 1314 3467 782 1421 260 526 289 4001",
                "{'do_lower_case': true, 'tokenizer_class': 'DebertaV2TokenizerFast'}"
                        + " | 1 282 557 384 272 3 428 3 640 260 526 289 2",
                "{'do_lower_case': true, 'cls_token': '[SEP]', 'tokenizer_class': 'PreTrainedTokenizerFast'}"
                        + " | 1 272 3988 272 3 428 3 1314 3467 782 1421 260 526 289 2",
            })
    void settingsOfDebertaBesideATokenizerJson(String config, String expected) throws IOException {
        Path small = SharedFiles.require("data/tokenizers/small/tokenizer.json");
        Files.copy(small, folder.resolve("tokenizer.json"));
        Tokenizer tokenizer = load("tokenizer_config.json", config.replace('\'', '"'));
        assertEquals(
                expected,
                Arrays.stream(tokenizer.encode("Hello <u> WORLD,it is").ids())
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(" ")));
    }

    /** Both files of a vocabulary end in the same tokenizer. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'do_lower_case': true}",
                "{'split_by_punct': true}",
                "{'add_prefix_space': false}",
                "{'do_lower_case': true, 'split_by_punct': true, 'cls_token': '[SEP]', 'sep_token': '[CLS]'}"
            })
    void jsonAndSentencePieceHeedTheSame(String config) throws IOException {
        trained("spm.model");
        Tokenizer pieces = load("tokenizer_config.json", config.replace('\'', '"'));
        trained("tokenizer.json");
        Tokenizer json = Tokenizers.load(folder);
        for (String text : List.of("My Card's (lost)", "my[MASK]card , is", " it, Is it?")) {
            assertArrayEquals(pieces.encode(text).ids(), json.encode(text).ids(), text);
            assertArrayEquals(
                    pieces.encode(text, text).ids(), json.encode(text, text).ids(), text);
        }
    }

    /** What the conversion put there is taken away where the settings say so. */
    @Test
    void stepsAreTakenAway() throws IOException {
        String json = Files.readString(TRAINED.resolve("tokenizer.json"))
                .replaceFirst("\"normalizers\": *\\[", "$0{\"type\":\"Lowercase\"},")
                .replaceFirst(
                        "\"pre_tokenizer\": *(\\{[^}]*})",
                        "\"pre_tokenizer\": {\"type\":\"Sequence\",\"pretokenizers\":"
                                + "[{\"type\":\"Punctuation\",\"behavior\":\"Isolated\"},$1]}");
        assertEquals(
                List.of("[CLS]", "▁(", "▁my", "[SEP]"),
                load("tokenizer.json", json).encode("(MY").tokens());
        assertEquals(
                List.of("[CLS]", "▁(", "▁M", "Y", "[SEP]"),
                load("tokenizer_config.json", "{\"do_lower_case\": false}")
                        .encode("(MY")
                        .tokens());
        assertEquals(
                List.of("[CLS]", "▁(", "my", "[SEP]"),
                load("tokenizer_config.json", "{\"split_by_punct\": false, \"do_lower_case\": true}")
                        .encode("(MY")
                        .tokens());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "tokenizer_config.json | [] | it is not a JSON object",
                "tokenizer_config.json | { | not valid JSON",
                "added_tokens.json | {\"a\": \"b\"} | gives 'a' the id ",
                "added_tokens.json | {\"a\": -1} | gives 'a' the id '-1'",
                "added_tokens.json | {\"a\": 2147483647} | gives 'a' the id '2147483647'",
                "added_tokens.json | {\"<a>\": 4000} | gives '<a>' the id 4000; in tokenizer.json that is '[MASK]'",
                "added_tokens.json | {\"<a>\": 17} | gives '<a>' the id 17; in tokenizer.json that is ",
                "added_tokens.json | {\"[MASK]\": 4001} | gives '[MASK]' the id 4001; in tokenizer.json it is 4000",
                "added_tokens.json | {\"a\": 4001, \"b\": 4001} | gives 'b' the id 4001, where added_tokens.json has 'a'",
                "added_tokens.json | {\"\": 4001} | has a token of 0 characters",
                "special_tokens_map.json | {\"pad_token\": 3} | pad_token is not a token",
                "special_tokens_map.json | {\"additional_special_tokens\": 3} | is not an array of tokens",
                "tokenizer_config.json | {\"added_tokens_decoder\": []} | is not an object from id to token",
                "tokenizer_config.json | {\"added_tokens_decoder\": {\"x\": {}}} | added_tokens_decoder has the id 'x'",
                "tokenizer_config.json | {\"added_tokens_decoder\": {\"5000\": {}}} | added_tokens_decoder[5000] is not a token",
                "tokenizer_config.json | {\"add_prefix_space\": \"yes\"} | add_prefix_space is not true or false",
                "tokenizer_config.json | {\"do_lower_case\": 1} | do_lower_case is not true or false",
            })
    void damagedOrContradictory(String file, String content, String message) throws IOException {
        trained("tokenizer.json");
        Files.writeString(folder.resolve(file), content);
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Tokenizers.load(folder));
        assertTrue(failure.getMessage().startsWith(folder.resolve(file) + ": "), failure.getMessage());
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
    }

    @Test
    void filesThatContradictEachOther() throws IOException {
        trained("spm.model");
        Files.writeString(folder.resolve("added_tokens.json"), "{\"<user>\": 4002}");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"added_tokens_decoder\": {\"4001\": {\"content\": \"<user>\"}}}");
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Tokenizers.load(folder));
        assertTrue(
                failure.getMessage()
                        .endsWith("added_tokens.json: gives '<user>' the id 4002, where tokenizer_config.json has"
                                + " '<user>' with the id 4001"),
                failure.getMessage());
    }

    @Test
    void japaneseWordsAreRefused() throws IOException {
        wordPiece();
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}");
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Tokenizers.load(folder));
        assertTrue(failure.getMessage().contains("BertJapaneseTokenizer"), failure.getMessage());
    }

    @Test
    void vocabularyWithoutSpecialTokensIsRefused() throws IOException {
        Files.writeString(folder.resolve("vocab.txt"), "a\nb\n");
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Tokenizers.load(folder));
        assertTrue(failure.getMessage().contains("vocab.txt: has no token [CLS]"), failure.getMessage());
    }
}

package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.files.ModelFiles;
import detangle.testing.SharedFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentencePieceModelTest {
    private static final Path TRAINED = SharedFiles.home().resolve("models/pretrained/banking77-small/spm.model");
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;

    private static final TokenizerSettings NO_SETTINGS =
            SettingsReader.read(ModelFiles.of(Path.of("nowhere")), name -> Optional.empty());

    @TempDir
    Path folder;

    @Test
    void realModel() throws IOException {
        SentencePieceModel model = SentencePieceModel.parse(TRAINED, Files.readAllBytes(TRAINED));
        assertEquals(4000, model.pieces().size());
        assertEquals("[PAD]", model.pieces().getFirst().text());
        assertEquals(
                new SentencePieceModel.Piece("[UNK]", 0, SentencePieceModel.Kind.UNKNOWN),
                model.pieces().get(3));
        assertTrue(model.charsmap().length > 200_000, "charsmap of " + model.charsmap().length);
    }

    /** Without normalisation rules, as a tiny model may be. */
    @Test
    void tinyModelEncodes() throws IOException {
        Files.write(folder.resolve("spm.model"), tiny(true));
        Tokenizer tokenizer = Tokenizers.load(folder);
        assertEquals(8, tokenizer.vocabSize());
        assertArrayEquals(new int[] {1, 4, 5, 2}, tokenizer.encode("  ab   b ").ids());
        assertArrayEquals(new int[] {1, 7, 5, 2}, tokenizer.encode("[MASK] b").ids());
        assertArrayEquals(new int[] {1, 6, 3, 2}, tokenizer.encode("zzz").ids());
    }

    @Test
    void caseAndPunctuationOptionsAreHeeded() throws IOException {
        Files.write(folder.resolve("spm.model"), tiny(true));
        assertEquals(3, Tokenizers.load(folder).encode("AB").ids()[2]);
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"do_lower_case\":true,\"split_by_punct\":null}");
        assertArrayEquals(
                new int[] {1, 4, 2}, Tokenizers.load(folder).encode("AB").ids());
        assertEquals(
                List.of("[CLS]", "▁", ".", "[SEP]"),
                Tokenizers.load(folder).encode(".").tokens());
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"split_by_punct\":true}");
        // Every punctuation mark is a word, and so is what follows it.
        assertArrayEquals(
                new int[] {1, 5, 6, 3, 5, 2},
                Tokenizers.load(folder).encode("b.b").ids());
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"split_by_punct\":1}");
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Tokenizers.load(folder));
        assertTrue(failure.getMessage().contains("tokenizer_config.json: split_by_punct"), failure.getMessage());
    }

    @Test
    void otherModelsAreRefused() {
        assertRefused(new byte[0], "it has no pieces");
        assertRefused("hello world".getBytes(StandardCharsets.UTF_8), "not a SentencePiece model");
        assertRefused(tiny(false), "has no piece [SEP]");
        ByteArrayOutputStream bpe = new ByteArrayOutputStream();
        bpe.writeBytes(tiny(true));
        block(bpe, 2, new byte[] {3 << 3, 2});
        assertRefused(bpe.toByteArray(), "not a unigram model");
    }

    /** Damage is refused by the one typed exception, or reads as some other model; nothing else may escape. */
    @Test
    void randomCorruptionsAreRefusedOrRead() {
        byte[] good = tiny(true);
        int refused = 0;
        for (int seed = 0; seed < 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bad = random.nextBoolean() ? good.clone() : Arrays.copyOf(good, random.nextInt(good.length));
            if (bad.length == good.length) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try {
                SentencePieceModel model = SentencePieceModel.parse(Path.of("bad"), bad);
                UnigramConversion.convert(Path.of("bad"), model, NO_SETTINGS);
            } catch (TokenizerException e) {
                assertTrue(e.getMessage().startsWith("bad: "), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 250, "only " + refused + " of 500 damaged models were refused");
    }

    private static void assertRefused(byte[] bytes, String message) {
        Path file = Path.of("spm.model");
        TokenizerException failure = assertThrows(
                TokenizerException.class,
                () -> UnigramConversion.convert(file, SentencePieceModel.parse(file, bytes), NO_SETTINGS));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
    }

    /** [PAD] [CLS] [SEP] [UNK] ▁ab ▁b ▁ */
    private static byte[] tiny(boolean separator) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        piece(out, "[PAD]", 0, CONTROL);
        piece(out, "[CLS]", 0, CONTROL);
        piece(out, separator ? "[SEP]" : "[SEQ]", 0, CONTROL);
        piece(out, "[UNK]", 0, UNKNOWN);
        piece(out, "▁ab", -1, NORMAL);
        piece(out, "▁b", -2, NORMAL);
        piece(out, "▁", -3, NORMAL);
        return out.toByteArray();
    }

    private static void piece(ByteArrayOutputStream model, String text, float score, int type) {
        ByteArrayOutputStream piece = new ByteArrayOutputStream();
        block(piece, 1, text.getBytes(StandardCharsets.UTF_8));
        piece.write(2 << 3 | 5);
        piece.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(score)
                .array());
        piece.writeBytes(new byte[] {3 << 3, (byte) type});
        block(model, 1, piece.toByteArray());
    }

    private static void block(ByteArrayOutputStream out, int field, byte[] bytes) {
        out.write(field << 3 | 2);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }
}

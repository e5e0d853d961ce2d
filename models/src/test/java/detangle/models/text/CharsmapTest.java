package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.encoder.Charsmap;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CharsmapTest {
    private static final Path FILE = Path.of("spm.model");
    private static final int LEAF = 1 << 8;

    @Test
    void realRulesPass() throws IOException {
        Path model = SharedFiles.home().resolve("models/pretrained/banking77-small/spm.model");
        byte[] charsmap =
                SentencePieceModel.parse(model, Files.readAllBytes(model)).charsmap();
        assertDoesNotThrow(() -> Charsmap.read(FILE, charsmap));
    }

    @Test
    void ruleForOneCharacterPasses() {
        assertDoesNotThrow(() -> Charsmap.read(FILE, rules(256, 'a' | LEAF | offset(2), 0, "x\0")));
        // An empty replacement at the very end removes the character.
        assertDoesNotThrow(() -> Charsmap.read(FILE, rules(256, 'a' | LEAF | offset(2), 2, "x\0")));
    }

    @Test
    void damageIsRefused() {
        assertRefused(new byte[] {1, 2}, "too short");
        assertRefused(new byte[] {4, 0, 0, 0, 1}, "a trie of 4 bytes");
        assertRefused(new byte[] {-1, -1, -1, -1, 1}, "a trie of 4294967295 bytes");
        assertRefused(new byte[] {3, 0, 0, 0, 1, 2, 3}, "a trie of 3 bytes");
        assertRefused(new byte[] {4, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff}, "not UTF-8");
        assertRefused(rules(64, 'a' | LEAF | offset(2), 0, "x\0"), "leads out of itself");
        assertRefused(rules(256, 'a' | LEAF | offset(256), 0, "x\0"), "leads out of itself");
        assertRefused(rules(256, 'a' | LEAF | offset(2), 3, "x\0"), "outside the texts");
        assertRefused(rules(256, 'a' | LEAF | offset(2), 1, "\u00e9\0"), "within a character");
    }

    /** A charsmap at each bound is read, and one that exceeds it by one is refused. */
    @Test
    void boundsHoldToTheByte() {
        int rule = 'a' | LEAF | offset(2);
        String longest = "x".repeat(256);
        int most = 1 << 21;
        String filling = "\0".repeat(most - 4 - 256 * 4);

        assertDoesNotThrow(() -> Charsmap.read(FILE, rules(256, rule, 0, longest + "\0")));
        assertDoesNotThrow(() -> Charsmap.read(FILE, rules(256, rule, 0, longest)));
        assertRefused(rules(256, rule, 0, longest + "x\0"), "a text of more than 256 bytes");
        assertDoesNotThrow(() -> Charsmap.read(FILE, rules(256, rule, 0, filling)));
        assertRefused(rules(256, rule, 0, filling + "\0"), "has 2097153 bytes; at most 2097152 are taken");
        // There need be no texts.
        assertDoesNotThrow(() -> Charsmap.read(FILE, rules(256, rule, 0, "")));
        assertRefused(new byte[4], "a trie of 0 bytes");
        assertRefused(new byte[3], "too short");
        assertRefused(rules(255, rule, 0, "x\0"), "leads out of itself");
    }

    private static void assertRefused(byte[] charsmap, String message) {
        TokenizerException failure = assertThrows(TokenizerException.class, () -> Charsmap.read(FILE, charsmap));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
    }

    /** Rules that write a text in the place of each {@code a}. */
    static byte[] ruleOfA(String text) {
        return rules(256, 'a' | LEAF | offset(2), 0, text + "\0");
    }

    /** A trie of that many units whose one rule maps 'a', by way of {@code unit}, to the text at {@code start}. */
    private static byte[] rules(int count, int unit, int start, String texts) {
        byte[] utf8 = texts.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(4 + count * 4 + utf8.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(count * 4);
        // The root's offset is 0, so that its child for 'a' is the unit numbered 'a'.
        bytes.putInt(4 + 'a' % count * 4, unit);
        bytes.putInt(4 + ('a' ^ 2) % count * 4, start);
        return bytes.position(4 + count * 4).put(utf8).array();
    }

    private static int offset(int value) {
        return value << 10;
    }
}

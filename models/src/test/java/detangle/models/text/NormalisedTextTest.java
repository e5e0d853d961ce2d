package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.models.text.encoder.Charsmap;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A normalised text, and where each of its code points comes from. */
class NormalisedTextTest {
    private static final Path FILE = Path.of("spm.model");

    /** A rule that writes a text in the place of each {@code a}. */
    private static Optional<Charsmap> rule(String replacement) {
        return Optional.of(Charsmap.read(FILE, CharsmapTest.ruleOfA(replacement)));
    }

    private static void assertNormalised(String expected, String given, Optional<Charsmap> rules, int... origins) {
        NormalisedText text = NormalisedText.of(FILE, given, rules);
        assertEquals(expected, text.text());
        assertArrayEquals(origins, text.origins());
    }

    @Test
    void spacesAreJoinedAndCutOff() {
        assertNormalised("\u2581a\u2581b", "  a  b ", Optional.empty(), 2, 2, 3, 5, 6);
        assertNormalised("\u2581a", "a", Optional.empty(), 0, 0, 1);
        assertNormalised("\u2581a", "a   ", Optional.empty(), 0, 0, 1);
        assertNormalised("", "   ", Optional.empty(), 3);
        assertNormalised("", "", Optional.empty(), 0);
    }

    @Test
    void originsAreCodePoints() {
        assertNormalised(
                "\u2581\ud83d\ude00\u00e9\u4e2dx", "\ud83d\ude00\u00e9\u4e2dx", Optional.empty(), 0, 0, 1, 2, 3, 4);
    }

    @Test
    void rulesReplaceTheirTexts() {
        assertNormalised("\u2581bxyc", "bac", rule("xy"), 0, 0, 1, 1, 2, 3);
        assertNormalised("\u2581bx\u2581yc", "bac", rule("x y"), 0, 0, 1, 1, 1, 2, 3);
        assertNormalised("\u2581bc", "bac", rule(""), 0, 0, 2, 3);
        assertNormalised("\u2581b\u2581c", "ba c", rule(" "), 0, 0, 1, 3, 4);
    }

    @Test
    void rulesMakeATextNoMoreThan32TimesLonger() {
        // A text of one character may become 32 and 64 more, of which the first is the space in front.
        assertEquals(
                96, NormalisedText.of(FILE, "a", rule("x".repeat(95))).text().length());
        TokenizerException refusal =
                assertThrows(TokenizerException.class, () -> NormalisedText.of(FILE, "a", rule("x".repeat(96))));
        assertEquals(
                "spm.model: a text cannot be encoded: the normalizer makes the text more than 32 times longer",
                refusal.getMessage());
    }
}

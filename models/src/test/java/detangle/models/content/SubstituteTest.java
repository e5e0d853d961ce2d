package detangle.models.content;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubstituteTest {
    private static Optional<String> of(String text, boolean binary) {
        return Substitute.of(text.replace('~', '\n').getBytes(StandardCharsets.UTF_8), binary);
    }

    /** A file's beginning, and what it is called. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "version https://git-lfs.github.com/spec/v1~oid sha256:4d7a~size 12345~ | a pointer of Git LFS",
                "\uFEFF  ~version https://git-lfs.github.com/spec/v1~ | run `git lfs pull`",
                "version https://hawser.github.com/spec/v1~ | a pointer of Git LFS",
                "<!DOCTYPE html><html>Entry not found</html> | a web page",
                "\uFEFF~~\t<html lang=en> | a web page",
                "<HEAD><title>302</title> | a web page",
                "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code> | an XML document",
                "{\"error\":\"Repository not found\"} | an error that a server has answered",
                "{ \"message\" : \"rate \\\"limit\\\"\"} | an error that a server has answered",
                "'' | it is empty",
            })
    void isCalledWhatItIs(String head, String message) {
        for (boolean binary : new boolean[] {false, true}) {
            String what = of(head, binary).orElseThrow();
            assertTrue(what.startsWith("it is "), what);
            assertTrue(what.contains(message), what);
            assertEquals(1, what.lines().count(), what);
        }
    }

    @Test
    void textIsNoBinaryFile() {
        assertTrue(of("Entry not found", true).orElseThrow().contains("text that begins 'Entry not found'"));
        assertTrue(of("a".repeat(200), true).orElseThrow().contains("a".repeat(60) + "...'"));
        assertEquals(Optional.empty(), of("Entry not found", false));
    }

    /** Beginnings of files that are what they are called. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"model_type\":\"deberta\"}",
                "<unk>~<pad>~",
                "#version: 0.2~",
                "{\"errors\":1}",
                "version~of~",
            })
    void otherTextsAreLeftAlone(String head) {
        assertEquals(Optional.empty(), of(head, false));
    }

    @Test
    void filesOfNumbersAreLeftAlone() {
        byte[] safetensors = new byte[64];
        safetensors[0] = 0x3c;
        safetensors[8] = '{';
        assertEquals(Optional.empty(), Substitute.of(safetensors, true));
        assertEquals(Optional.empty(), Substitute.of("PK\u0003\u0004".getBytes(StandardCharsets.ISO_8859_1), true));
        assertEquals(
                Optional.empty(),
                Substitute.of("\u0080\u0002\u008a\nl\u00fc".getBytes(StandardCharsets.ISO_8859_1), true));
    }
}

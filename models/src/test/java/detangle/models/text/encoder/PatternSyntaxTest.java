package detangle.models.text.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Regular expressions mean what they mean to Oniguruma, or are refused by the name of what is not understood. */
class PatternSyntaxTest {
    /** Of each line: an expression, a text, and the parts into which the library's Split divides it. */
    @Test
    void expressionsDivideAsOnigurumaDoes() throws IOException {
        List<String> lines;
        try (InputStream file = PatternSyntaxTest.class.getResourceAsStream("oniguruma.tsv")) {
            lines = new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        assertTrue(lines.size() > 100);
        for (String line : lines) {
            String[] fields = line.split("\t");
            assertEquals(fields[2], String.join("¦", parts(fields[0], fields[1])), line);
        }
    }

    private static List<String> parts(String expression, String text) {
        Spans found = new Spans();
        SafePattern.compile(expression).find(AlignedText.of(text), found);
        int[] codePoints = text.codePoints().toArray();
        List<String> parts = new ArrayList<>();
        int done = 0;
        for (int i = 0; i <= found.size(); i++) {
            int start = i < found.size() ? found.start(i) : codePoints.length;
            int end = i < found.size() ? found.end(i) : codePoints.length;
            if (done < start) {
                parts.add(new String(codePoints, done, start - done));
            }
            if (start < end) {
                parts.add(new String(codePoints, start, end - start));
            }
            done = end;
        }
        return parts;
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " ; ",
            quoteCharacter = '`',
            value = {
                "\\p{Han}|\\p{Emoji} ; it has '\\p{Emoji}', which is not supported",
                "[a[b]] ; it has '[' in a class, which is not supported",
                "[[:graph:]] ; it has '[:graph:]' in a class, which is not supported",
                "[a&&b] ; it has '&&' in a class, which is not supported",
                "(?im:a) ; it has '(?im:', which is not supported",
                "(?i)a ; it has '(?i)', which is not supported",
                "(?<name>a) ; it has '(?<', which is not supported",
                "(?i:é) ; it has 'é' in (?i:), which is not supported",
                "(?i:oSSe) ; it has 'SS' in (?i:), which is not supported",
                "(?i:[a-é]) ; it has '[a-é]' in (?i:), which is not supported",
                "(?i:(a)) ; it has '(' in (?i:), which is not supported",
                "(?i:\\p{Lu}) ; it has '\\p' in (?i:), which is not supported",
                "\\h ; it has '\\h', which is not supported",
                "\\pL ; it has '\\p', which is not supported",
                "a{2}? ; it has '{2}?', which is not supported",
                "a{2}+ ; it has '{2}+', which is not supported",
                "\\b+ ; it has '\\b+', which is not supported",
            })
    void refusals(String expression, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> SafePattern.compile(expression))
                        .getMessage());
    }
}

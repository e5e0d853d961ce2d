package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words as the original's regular expression finds them. */
class SchemaWordsTest {
    private static final String LETTER = "[a-z\u0130\u0131\u017f\u212aA-Z]";

    /** The original's expression, as the JDK has it. */
    private static final Pattern ORIGINAL =
            Pattern.compile("(?i:http)[s\u017fS]?://[^\\s\\p{IsWhite_Space}]+|(?i:www)\\.[^\\s\\p{IsWhite_Space}]+"
                    + "|(?:[0-9._%+-]|" + LETTER + ")+@(?:[0-9.-]|" + LETTER + ")+\\." + LETTER + "{2,}"
                    + "|@(?:[0-9_]|" + LETTER + ")+"
                    + "|[\\p{L}\\p{N}_]+(?:[-_][\\p{L}\\p{N}_]+)*"
                    + "|[^\\s\\p{IsWhite_Space}]");

    private static List<String> words(String text) {
        return SchemaWords.of(text).stream()
                .map(word -> text.substring(word.start(), word.end()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "e-mail: ana.ruiz@example.org, ok | e-mail;:;ana.ruiz@example.org;,;ok",
                "see https://a.org/b?c=d#e. HTTP://x | see;https://a.org/b?c=d#e.;HTTP://x",
                "WWW.a.b www. http:// | WWW.a.b;www;.;http;:;/;/",
                "@ana_r a@b @ | @ana_r;a;@b;@",
                "state_of-the-art -x- 2\u00bd | state_of-the-art;-;x;-;2\u00bd",
                "cafe\u0301 \ud83d\udc69x | cafe;\u0301;\ud83d\udc69;x",
                "a.b@c.d.ef1 | a.b@c.d.ef;1",
            })
    void wordsAreThoseOfTheOriginal(String text, String expected) {
        assertEquals(Arrays.asList(expected.split(";")), words(text));
    }

    @Test
    void randomTextsAreDividedAsTheExpressionDividesThem() {
        String[] parts = {
            "a",
            "B",
            "1",
            "_",
            "-",
            ".",
            "@",
            "%",
            " ",
            "http",
            "s",
            "://",
            "www.",
            "\u017f",
            "\u00e9",
            "\u0301",
            "\ud83d\ude80",
            "co",
            "\u2003",
            "+"
        };
        Random random = new Random(7);
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(14); j >= 0; j--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            Matcher matcher = ORIGINAL.matcher(text);
            List<String> expected = matcher.results().map(m -> m.group()).toList();
            assertEquals(expected, words(text.toString()), text.toString());
        }
    }

    @Test
    void aTextThatTheExpressionTakesMinutesForTakesNoTime() {
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> assertEquals(600_000, words("a.".repeat(300_000)).size()));
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> words("a@".repeat(300_000) + "a-".repeat(300_000)));
    }
}

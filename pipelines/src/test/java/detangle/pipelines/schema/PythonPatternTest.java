package detangle.pipelines.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regular expressions of validators mean what they mean in Python; what is expected was found with Python 3.11. */
class PythonPatternTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[a-z]+ | ABC | true",
                "\\w+ | e\u0301 | false",
                "\\w+ | \u00bd\u0662 | true",
                "[\\w-]+ | a-1 | true",
                "\\d{2,4} | \u0661\u0662 | true",
                "a{,2} | aa | true",
                "a{,2} | aaa | false",
                "a{x} | a{x} | true",
                "[[a]+ | [a | true",
                "[]a]+ | ]a | true",
                "[^]a]+ | ]b | false",
                "[a&&b]+ | a&b | true",
                "(?P<y_Z>\\d+)-(?P=y_Z) | 12-12 | true",
                "(?P<y_Z>\\d+)-(?P=y_Z) | 12-13 | false",
                "(?i)x\\Z | X | true",
                "(?s:.)y | xy | true",
                "(?#what)a | a | true",
                "\\U0001f680 | \ud83d\ude80 | true",
                ". | \ud83d\ude80 | true",
                "a\\sb | a\u2003b | true",
                "stra\u00dfe | STRA\u00dfE | true"
            })
    void matchesAsPythonMatches(String expression, String text, boolean expected) {
        assertEquals(expected, PythonPattern.compile(expression).matches(text));
    }

    @Test
    void partsOfATextAreFound() {
        assertTrue(PythonPattern.compile("\\bthe\\b").isIn("in The end"));
        assertFalse(PythonPattern.compile("\\bthe\\b").isIn("other"));
        assertTrue(Validator.partial("the").excluding().passes("a"));
        assertFalse(Validator.partial("the").excluding().passes("other"));
        assertFalse(Validator.full("the").passes("other"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"(", "[a", "a\\", "\\q", "\\p{L}", "(?(1)a|b)", "(?L)a", "*a", "(?P<1>a)", "\\N{DASH}", "[\\A]"})
    void whatIsNotAnExpressionIsRefused(String expression) {
        SchemaException e = assertThrows(SchemaException.class, () -> PythonPattern.compile(expression));
        assertEquals(1, e.getMessage().lines().count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a+)+b", "(a|aa)+b", "(.*)*b"})
    void anExpressionWithRepetitionsInsideRepetitionsEnds(String expression) {
        PythonPattern pattern = PythonPattern.compile(expression);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            try {
                assertFalse(pattern.matches("a".repeat(200) + "c"));
            } catch (SchemaException e) {
                assertTrue(e.getMessage().contains("takes too long"), e.getMessage());
            }
        });
    }

    @Test
    void anExpressionThatTakesForEverIsStopped() {
        PythonPattern pattern = PythonPattern.compile("((a*)*)*b");
        SchemaException e = assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThrows(SchemaException.class, () -> pattern.matches("a".repeat(200) + "c")));
        assertTrue(e.getMessage().contains("the validator '((a*)*)*b' takes too long"), e.getMessage());
    }
}

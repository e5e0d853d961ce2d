package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DimTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "8", "S", "2*S-1", "B*S+2*S-1", "-S+1", "B*B"})
    void printsWhatItReads(String text) {
        assertEquals(text, Dim.parse(text).toString());
    }

    @Test
    void equalPolynomialsAreEqual() {
        assertEquals(Dim.parse("B*S - S + 3*S"), Dim.parse("S*B+2*S"));
        assertEquals(Dim.of(0), Dim.parse("S-S"));
        assertEquals(Dim.of(12), Dim.parse("2*6"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+S",
                "S+",
                "*",
                "S*",
                "S**B",
                "2S",
                "_S",
                "S-",
                "S--B",
                "S/2",
                "(S)",
                "S^2",
                "\u0660",
                "0x10",
                "9223372036854775808",
                "9223372036854775807+1",
                "4294967296*4294967296",
                "-9223372036854775807-2"
            })
    void refusesWhatIsNoSize(String text) {
        assertThrows(SizeException.class, () -> Dim.parse(text));
    }

    @Test
    void longTextsAreReadWithoutRecursion() {
        assertEquals(Dim.symbol("S"), Dim.parse("1*".repeat(200_000) + "S"));
        assertEquals(Dim.symbol("S"), Dim.parse("S" + "-S+S".repeat(100_000)));
        assertThrows(SizeException.class, () -> Dim.parse("S*".repeat(20_000) + "S"));
        assertThrows(SizeException.class, () -> Dim.parse("2*".repeat(20_000) + "2"));
        assertThrows(SizeException.class, () -> Dim.symbol("S".repeat(1_000_000)));
    }

    @Test
    void polynomialsDoNotExplode() {
        Dim sum = Dim.parse("a+b+c");
        SizeException e = assertThrows(SizeException.class, () -> {
            Dim power = Dim.of(1);
            for (int i = 0; i < 50; i++) {
                power = power.times(sum);
            }
        });
        assertTrue(e.getMessage().contains("no more than " + Dim.MAX_TERMS), e.getMessage());
    }

    @Test
    void evaluationSaysWhatIsWrong() {
        Dim dim = Dim.parse("S*S-U");
        assertEquals(23, dim.evaluate(Map.of("S", 5L, "U", 2L)));
        assertThrows(SizeException.class, () -> dim.evaluate(Map.of("S", 5L)));
        assertThrows(SizeException.class, () -> dim.evaluate(Map.of("S", 1L << 40, "U", 2L)));
    }

    @Test
    void symbolsAreKnownAsSuch() {
        assertEquals(Optional.of("S"), Dim.parse("S").asSymbol());
        for (String other : new String[] {"1", "0", "2*S", "B*S", "S+1", "-S"}) {
            assertEquals(Optional.empty(), Dim.parse(other).asSymbol(), other);
        }
    }
}

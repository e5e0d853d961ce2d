package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    @Test
    void numbersAreStatic() {
        assertTrue(Dim.of(1).isOne());
        for (String other : new String[] {"0", "2", "-1", "S", "S+1"}) {
            assertFalse(Dim.parse(other).isOne(), other);
        }
        assertTrue(Dim.parse("3*4-2").isStatic());
        assertEquals(10, Dim.parse("3*4-2").size());
        Dim symbolic = Dim.parse("S+1");
        assertFalse(symbolic.isStatic());
        IllegalStateException e = assertThrows(IllegalStateException.class, symbolic::size);
        assertEquals("the dimension S+1 has no fixed size: bind its symbols first", e.getMessage());
    }

    @Test
    void arithmeticIsThatOfPolynomials() {
        Dim s = Dim.symbol("S");
        Dim b = Dim.symbol("B");
        assertEquals("S+5", s.plus(2).plus(Dim.of(3)).toString());
        assertEquals("-B+S", s.minus(b).toString());
        assertEquals(Dim.of(0), s.times(0));
        assertEquals(Dim.of(0), s.minus(s));
        assertEquals("3*B*S", s.times(3).times(b).toString());
        assertEquals("B*S", b.times(s).toString());
        assertEquals("B*S*S+2*B*S+B", s.plus(1).times(s.plus(1)).times(b).toString());
        assertEquals("S*S-1", s.plus(1).times(s.plus(-1)).toString());
        assertEquals(s, Dim.of(1).times(s));
        assertEquals(s, s.times(Dim.of(1)));
        assertEquals("-2*S", Dim.of(-2).times(s).toString());
        assertEquals("2*S+2", Dim.of(2).times(s.plus(1)).toString());
    }

    @Test
    void equalDimsHaveEqualHashes() {
        assertEquals(Dim.parse("S*B+1").hashCode(), Dim.parse("1+B*S").hashCode());
        assertEquals(Dim.of(7).hashCode(), Dim.parse("7").hashCode());
        Set<Integer> hashes = new TreeSet<>();
        for (String text : new String[] {"0", "1", "2", "B", "S", "2*S", "B*S", "B+S", "B+2*S", "S+1", "S-1"}) {
            hashes.add(Dim.parse(text).hashCode());
            assertNotEquals(Dim.parse(text), Dim.parse("3*S+7"));
        }
        assertEquals(11, hashes.size());
    }

    @Test
    void termsAscendFromTheConstant() {
        assertEquals(
                List.of(
                        new Dim.Term(-1, List.of()),
                        new Dim.Term(2, List.of("B", "S")),
                        new Dim.Term(1, List.of("S", "S"))),
                Dim.parse("S*S+2*S*B-1").terms());
        assertEquals(List.of(new Dim.Term(4, List.of())), Dim.of(4).terms());
        assertEquals(List.of(), Dim.of(0).terms());
        assertEquals(List.of("B", "S"), List.copyOf(Dim.parse("S*S+2*S*B-1").symbols()));
        assertEquals(0, Dim.of(4).symbols().size());
    }

    @Test
    void anEstimateIsAboutTheValue() {
        Dim dim = Dim.parse("2*B*S-S+3");
        Map<String, Long> sizes = Map.of("B", 4L, "S", 10L);
        assertEquals(73, dim.evaluate(sizes));
        assertEquals(73.0, dim.estimate(sizes::get));
        assertEquals(7.0, Dim.of(7).estimate(sizes::get));
        assertEquals(0x1p80, Dim.parse("S*S").estimate(symbol -> 1L << 40));
    }

    @Test
    void aDimDominatesWhatItIsNeverBelow() {
        assertTrue(Dim.parse("2*S+1").dominates(Dim.parse("S")));
        assertTrue(Dim.parse("S").dominates(Dim.parse("S")));
        assertTrue(Dim.of(3).dominates(Dim.of(3)));
        assertTrue(Dim.of(4).dominates(Dim.of(3)));
        assertFalse(Dim.of(2).dominates(Dim.of(3)));
        assertFalse(Dim.parse("S").dominates(Dim.parse("S+1")));
        assertFalse(Dim.parse("S+B").dominates(Dim.parse("2*S")));
    }

    @Test
    void boundsHoldToTheLast() {
        String name = "S".repeat(Dim.MAX_SYMBOL_LENGTH);
        assertEquals(name, Dim.symbol(name).toString());
        assertThrows(SizeException.class, () -> Dim.symbol(name + "S"));
        String product = "S*".repeat(Dim.MAX_FACTORS - 1) + "S";
        assertEquals(product, Dim.parse(product).toString());
        SizeException factors = assertThrows(SizeException.class, () -> Dim.parse(product + "*S"));
        assertEquals("a dimension is a product of 17 symbols, and no more than 16 are possible", factors.getMessage());
        String sum = IntStream.range(0, Dim.MAX_TERMS).mapToObj(i -> "s" + i).collect(Collectors.joining("+"));
        assertEquals(Dim.MAX_TERMS, Dim.parse(sum).terms().size());
        SizeException terms = assertThrows(SizeException.class, () -> Dim.parse(sum + "+t"));
        assertEquals("a dimension has 17 terms, and no more than 16 are possible", terms.getMessage());
    }

    @Test
    void namesOfSymbolsAreLettersThenWords() {
        for (String name : new String[] {"A", "Z", "a", "z", "A_9", "a0Z"}) {
            assertEquals(Optional.of(name), Dim.symbol(name).asSymbol());
        }
        for (String name : new String[] {"", "@", "[", "`", "{", "0", "9a", "_", "a/", "a:", "\u00e9"}) {
            SizeException e = assertThrows(SizeException.class, () -> Dim.symbol(name), name);
            assertEquals(
                    "'" + name + "' is not a name of a dimension: use up to 64 letters, digits and _, the first a"
                            + " letter",
                    e.getMessage());
        }
    }

    @Test
    void faultsQuoteTheText() {
        SizeException syntax = assertThrows(SizeException.class, () -> Dim.parse("S/2"));
        assertEquals("'S/2' is not a dimension: write sizes like 8, S or 2*S-1", syntax.getMessage());
        SizeException number = assertThrows(SizeException.class, () -> Dim.parse("S+2x"));
        assertEquals("'2x' in 'S+2x' is not a size", number.getMessage());
    }
}

package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PickleTest {
    private static Object read(String latin) {
        ByteBuffer bytes = ByteBuffer.wrap(latin.getBytes(StandardCharsets.ISO_8859_1));
        return Pickle.read(
                bytes,
                new PickleBudget(),
                Map.of("collections.OrderedDict", arguments -> new LinkedHashMap<>()),
                name -> name.equals("torch.uint8") ? Optional.of("a word") : Optional.empty(),
                id -> "id " + id.get(0));
    }

    @Test
    void data() {
        assertEquals(List.of(1L, -2L, 300L), read("\u0080\u0002](K\u0001J\u00fe\u00ff\u00ff\u00ffM\u002c\u0001e."));
        assertEquals(Map.of("a", true), read("}X\u0001\u0000\u0000\u0000a\u0088s."));
        assertEquals(1.5, read("G\u003f\u00f8\u0000\u0000\u0000\u0000\u0000\u0000."));
        assertEquals(Pickle.NONE, read("N."));
        assertEquals(List.of(7L, 7L), read("K\u0007q\u00050](h\u0005h\u0005e."));
        assertEquals(new Pickle.Tuple(List.of(1L, "x")), read("I1\nU\u0001x\u0086."));
        assertEquals(-1L, read("\u008a\u0001\u00ff."));
        assertEquals(0L, read("\u008a\u0000."));
        assertEquals(
                new BigInteger("1950a86a20f9469cfc6c", 16),
                read("\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019."));
    }

    @Test
    void callablesAndReferencesAreThoseGiven() {
        assertEquals(Map.of("k", 1L), read("ccollections\nOrderedDict\n)RU\u0001kK\u0001s}b."));
        assertEquals("id x", read("U\u0001x\u0085Q."));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cos~system~(U#lstR. | wants to call os.system, which is not a part of tensors; nothing was run",
                "ctorch~uint8~)R. | wrong kind of value",
                "c__builtin__~eval~. | wants to call __builtin__.eval",
                "ios~system~. | instruction 0x69",
                "N}\u0081. | instruction 0x81",
                "K | ends too early",
                "X####a. | ends too early",
                "'' | ends too early",
                ". | wrong kind of value",
                "e. | wrong kind of value",
                "NNs. | wrong kind of value",
                "h#. | recalls what it never stored",
                "]}s | wrong kind of value",
                "}]Ns. | dictionary key",
                "]Nb. | not a dictionary",
                "(0. | mark out of place",
                "Ix~. | wrong kind of value",
            })
    void refused(String pickle, String message) {
        String bytes = pickle.replace("####", "\u0000\u0000\u0000\u007f")
                .replace('#', '\u0003')
                .replace('~', '\n');
        PickleException refusal = assertThrows(PickleException.class, () -> read(bytes));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    /** Whatever the bytes, the answer is an object or a {@link PickleException}. */
    @Test
    void noise() {
        String opcodes =
                "(012NIJKMLFGUTX])laet}dsughjpqrcRbQ.\u0080\u0085\u0086\u0087\u0088\u0089\u008a\u008c\u0093\u0094\n0a";
        for (int seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder bytes = new StringBuilder();
            int length = random.nextInt(1, 40);
            for (int i = 0; i < length; i++) {
                bytes.append(
                        random.nextInt(4) == 0
                                ? (char) random.nextInt(256)
                                : opcodes.charAt(random.nextInt(opcodes.length())));
            }
            try {
                read(bytes.toString());
            } catch (PickleException e) {
                assertTrue(e.getMessage().startsWith("a pickle"), e.getMessage());
            }
        }
    }
}

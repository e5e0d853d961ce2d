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

    /** Instructions that PyTorch does not write, but other programs may. */
    @Test
    void dataInOtherWords() {
        Pickle.Tuple pair = new Pickle.Tuple(List.of(1L, 1L));
        assertEquals(Pickle.NONE, read("\u0095\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000N."));
        assertEquals(1L, read("K\u0001(K\u0002K\u00031."));
        assertEquals(1L, read("K\u0001K\u00020."));
        assertEquals(pair, read("K\u00012\u0086."));
        assertEquals(12L, read("L12L\n."));
        assertEquals(false, read("I00\n."));
        assertEquals(true, read("I01\n."));
        assertEquals(false, read("\u0089."));
        assertEquals(1.5, read("F1.5\n."));
        assertEquals("x", read("T\u0001\u0000\u0000\u0000x."));
        assertEquals("\u00e9", read("\u008c\u0002\u00c3\u00a9."));
        assertEquals(List.of(1L, 1L), read("(K\u0001K\u0001l."));
        assertEquals(pair, read("(K\u0001K\u0001t."));
        assertEquals(new Pickle.Tuple(List.of(1L, 2L, 3L)), read("K\u0001K\u0002K\u0003\u0087."));
        assertEquals(Map.of("k", 1L, "l", 2L), read("(U\u0001kK\u0001U\u0001lK\u0002d."));
        assertEquals(Map.of("k", 1L, "l", 2L), read("}(U\u0001kK\u0001U\u0001lK\u0002u."));
        assertEquals(List.of(7L, 7L), read("K\u0007p0\n0](g0\ng0\ne."));
        assertEquals(7L, read("K\u0007r\u0002\u0000\u0000\u00000j\u0002\u0000\u0000\u0000."));
        assertEquals(7L, read("K\u0007\u00940h\u0000."));
        assertEquals(Map.of(), read("U\u000bcollectionsU\u000bOrderedDict\u0093)R."));
    }

    /** Numbers and texts at the last place where they are still read. */
    @Test
    void limits() {
        String ones = "\u00ff".repeat(8);
        assertEquals(Long.MAX_VALUE, read("\u008a\u0008" + "\u00ff".repeat(7) + "\u007f."));
        assertEquals(new BigInteger("ffffffffffffffff", 16), read("\u008a\u0009" + ones + "\u0000."));
        assertEquals(1L, read("I" + "0".repeat(4299) + "1\n."));
        assertRefused("a pickle with a line of more than 4300 bytes", "I" + "0".repeat(4300) + "1\n.");
        // One may store as many things as the pickle has bytes.
        assertEquals(Pickle.NONE, read("Nr\u0007\u0000\u0000\u0000."));
        assertRefused("stores something as number 8", "Nr\u0008\u0000\u0000\u0000.");
        assertRefused("stores something as number -1", "Nr\u00ff\u00ff\u00ff\u00ff.");
        assertRefused("recalls what it never stored", "Nq\u0000h\u0001.");
        assertRefused("recalls what it never stored", "Nq\u0001h\u0000.");
        assertRefused("recalls what it never stored", "Nq\u0000j\u00ff\u00ff\u00ff\u00ff.");
        assertEquals("", read("U\u0000."));
        assertRefused("a text that ends too early", "T\u0002\u0000\u0000\u0000x");
        assertRefused("a text that ends too early", "T\u00ff\u00ff\u00ff\u00ffx.");
        assertRefused("a pickle that ends too early", "T\u0001\u0000\u0000\u0000x");
    }

    private static void assertRefused(String message, String pickle) {
        PickleException refusal = assertThrows(PickleException.class, () -> read(pickle));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
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
        assertRefused(message, bytes);
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

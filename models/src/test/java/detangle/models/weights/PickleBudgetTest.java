package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The cost of each instruction of a pickle: a budget of exactly that cost lets the pickle pass, and a budget of one byte
 * or one step less refuses it.
 */
class PickleBudgetTest {
    private static final int REFERENCE = 8;
    private static final int NUMBER = 24;
    private static final int CONTAINER = 80;
    private static final int ENTRY = 64;

    /** The bytes of a text in memory, and of the reference to it. */
    private static int text(int length) {
        return 56 + 3 * length + REFERENCE;
    }

    private static void read(String latin, PickleBudget budget) {
        Pickle.read(
                ByteBuffer.wrap(latin.getBytes(StandardCharsets.ISO_8859_1)),
                budget,
                Map.of("collections.OrderedDict", arguments -> new LinkedHashMap<>()),
                name -> Optional.empty(),
                id -> id);
    }

    private static void takesBytes(long bytes, String pickle) {
        PickleBudget enough = new PickleBudget();
        enough.bytes(PickleBudget.MAX_BYTES - bytes);
        assertDoesNotThrow(() -> read(pickle, enough), pickle);
        PickleBudget less = new PickleBudget();
        less.bytes(PickleBudget.MAX_BYTES - bytes + 1);
        PickleException refusal = assertThrows(PickleException.class, () -> read(pickle, less), pickle);
        assertEquals("a pickle whose objects take more than 64 MiB of memory, which is the most", refusal.getMessage());
    }

    private static void takesSteps(long steps, String pickle) {
        PickleBudget enough = new PickleBudget();
        enough.steps(PickleBudget.MAX_INSTRUCTIONS - steps);
        assertDoesNotThrow(() -> read(pickle, enough), pickle);
        PickleBudget less = new PickleBudget();
        less.steps(PickleBudget.MAX_INSTRUCTIONS - steps + 1);
        PickleException refusal = assertThrows(PickleException.class, () -> read(pickle, less), pickle);
        assertEquals("a pickle of more than 4000000 instructions, which is the most", refusal.getMessage());
    }

    @Test
    void bytesOfValues() {
        takesBytes(REFERENCE, "N.");
        takesBytes(NUMBER, "K\u0007.");
        takesBytes(text(1), "U\u0001x.");
        // The digits of a whole number are in memory twice.
        takesBytes(1 + NUMBER, "\u008a\u0001\u00ff.");
    }

    @Test
    void bytesOfContainers() {
        int list = CONTAINER + REFERENCE;
        takesBytes(list, "].");
        takesBytes(list + REFERENCE + REFERENCE, "]Na.");
        takesBytes(list + 3 * REFERENCE + 2 * REFERENCE, "](NNe.");
        takesBytes(3 * REFERENCE + CONTAINER + 2 * REFERENCE + REFERENCE, "(NNl.");
        takesBytes(list, ").");
        takesBytes(REFERENCE + CONTAINER + REFERENCE + REFERENCE, "N\u0085.");
        takesBytes(list, "}.");
        takesBytes(list + text(1) + REFERENCE + ENTRY, "}U\u0001kNs.");
        takesBytes(REFERENCE + text(1) + REFERENCE + CONTAINER + ENTRY + REFERENCE, "(U\u0001kNd.");
    }

    /** A number that is stored takes all numbers before it. */
    @Test
    void bytesOfWhatIsStored() {
        takesBytes(REFERENCE + REFERENCE, "Nq\u0000.");
        takesBytes(REFERENCE + 3 * REFERENCE, "Nq\u0002.");
    }

    @Test
    void stepsOfInstructions() {
        takesSteps(2, "N.");
        takesSteps(5, "}U\u0001kNs.");
    }

    /** Keys of several kinds may have equal hashes, so that each is compared with all that are there. */
    @Test
    void stepsOfKeysOfSeveralKinds() {
        takesSteps(8, "}U\u0001aNsU\u0001bNs.");
        takesSteps(8 + 1, "}U\u0001aNsK\u0001Ns.");
        takesSteps(11 + 1 + 2, "}U\u0001aNsK\u0001NsU\u0001bNs.");
        takesSteps(10 + 1, "ccollections\nOrderedDict\n)RU\u0001aNsU\u0001bNs.");
    }
}

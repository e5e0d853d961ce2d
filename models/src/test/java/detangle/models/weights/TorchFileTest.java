package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dictionaries of torch.save become Java's; what else a pickle holds is refused. */
class TorchFileTest {
    @TempDir
    private Path folder;

    private Path saved(String pickle) throws IOException {
        Path file = folder.resolve("encoder.bin");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new ZipEntry("archive/data.pkl"));
            out.write(pickle.getBytes(StandardCharsets.ISO_8859_1));
            out.closeEntry();
        }
        return file;
    }

    private void assertRefused(String message, String pickle) throws IOException {
        Path file = saved(pickle);
        WeightsException refusal = assertThrows(WeightsException.class, () -> TorchFile.dictionary(file));
        assertEquals(file + ": " + message, refusal.getMessage());
    }

    @Test
    void valuesAreJavasOwn() throws IOException {
        String pickle =
                "}(U\u0001tU\u0003onaU\u0001nK\u0007U\u0001b\u0088U\u0001dG\u003f\u00e0\u0000\u0000\u0000\u0000\u0000\u0000"
                        + "U\u0001l](K\u0001U\u0001xeU\u0001pK\u0001K\u0002\u0086U\u0001m}U\u0001kK\u0003su.";
        Map<?, ?> map = TorchFile.dictionary(saved(pickle));
        assertEquals(List.of("t", "n", "b", "d", "l", "p", "m"), List.copyOf(map.keySet()));
        assertEquals("ona", map.get("t"));
        assertEquals(7L, map.get("n"));
        assertEquals(true, map.get("b"));
        assertEquals(0.5, map.get("d"));
        assertEquals(List.of(1L, "x"), map.get("l"));
        assertEquals(List.of(1L, 2L), map.get("p"));
        assertEquals(Map.of("k", 3L), map.get("m"));
    }

    @Test
    void whatIsNotADictionaryIsRefused() throws IOException {
        assertRefused("holds no dictionary", "](K\u0001e.");
        assertRefused(
                "damaged, or no file of torch.save: a pickle with something that is neither text, number nor a"
                        + " container",
                "}U\u0001kNs.");
        assertRefused("damaged, or no file of torch.save: a pickle that ends too early", "}U\u0001kK");
    }

    /** The dictionary is at depth 0, so that eight lists may be inside of each other. */
    @Test
    void depthHasABound() throws IOException {
        TorchFile.dictionary(saved("}U\u0001k" + "](".repeat(7) + "K\u0001" + "e".repeat(7) + "s."));
        String message =
                "damaged, or no file of torch.save: a pickle that is nested more than 8 deep, which is the most";
        assertRefused(message, "}U\u0001k" + "](".repeat(8) + "K\u0001" + "e".repeat(8) + "s.");
        assertRefused(message, "}U\u0001k" + "}U\u0001k".repeat(8) + "K\u0001" + "s".repeat(8) + "s.");
    }

    /** A list that is referred to from many places is copied to each, which costs as if it were there as often. */
    @Test
    void copiesOfOneListHaveTheirCost() throws IOException {
        String tenThousand = "](" + "K\u0001".repeat(10_000) + "eq\u0000";
        TorchFile.dictionary(saved("}U\u0001k](" + tenThousand + "h\u0000".repeat(99) + "es."));
        Path file = saved("}U\u0001k](" + tenThousand + "h\u0000".repeat(1000) + "es.");
        WeightsException refusal = assertThrows(WeightsException.class, () -> TorchFile.dictionary(file));
        assertTrue(refusal.getMessage().contains("which is the most"), refusal.getMessage());
    }

    @Test
    void contentMayLieInsideOfAnotherFile() throws IOException {
        byte[] content = Files.readAllBytes(saved("}U\u0001kK\u0007s."));
        Path inside = folder.resolve("model.dtl").resolve("bpe_encoder.bin");
        assertEquals(Map.of("k", 7L), TorchFile.dictionary(inside, content));
        // The file itself counts where there is one.
        assertEquals(Map.of("k", 7L), TorchFile.dictionary(folder.resolve("encoder.bin"), new byte[0]));
        assertThrows(WeightsException.class, () -> TorchFile.dictionary(inside, new byte[9]));
    }

    /** A budget of exactly this cost lets a copy pass, and a budget of one byte or one step less refuses it. */
    private static void takes(long steps, long bytes, Object value) {
        copy(PickleBudget.MAX_INSTRUCTIONS - steps, PickleBudget.MAX_BYTES - bytes, value);
        assertThrows(
                PickleException.class,
                () -> copy(PickleBudget.MAX_INSTRUCTIONS - steps + 1, PickleBudget.MAX_BYTES - bytes, value));
        assertThrows(
                PickleException.class,
                () -> copy(PickleBudget.MAX_INSTRUCTIONS - steps, PickleBudget.MAX_BYTES - bytes + 1, value));
    }

    private static void copy(long stepsBefore, long bytesBefore, Object value) {
        PickleBudget budget = new PickleBudget();
        budget.steps(stepsBefore);
        budget.bytes(bytesBefore);
        assertEquals(value, TorchFile.plain(value, budget, 0));
    }

    @Test
    void copiesHaveACost() {
        takes(3, 80 + 2 * 8, List.of("x", 2L));
        takes(3, 80 + 2 * 64, Map.of("k", 1L, "l", true));
        takes(4, 80 + 64 + 80 + 2 * 8, Map.of("k", List.of(0.5, 1L)));
    }

    @Test
    void noCopyOfContentIsLeft() throws IOException {
        byte[] content = Files.readAllBytes(saved("}U\u0001kU\u0024" + UUID.randomUUID() + "s."));
        TorchFile.dictionary(folder.resolve("model.dtl").resolve("bpe_encoder.bin"), content);
        Path copies = Path.of(System.getProperty("java.io.tmpdir"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(copies, "detangle*.bin")) {
            for (Path file : files) {
                assertFalse(isContent(file, content), file.toString());
            }
        }
    }

    /** Files of other tests may go at any time. */
    private static boolean isContent(Path file, byte[] content) throws IOException {
        try {
            return Arrays.equals(content, Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}

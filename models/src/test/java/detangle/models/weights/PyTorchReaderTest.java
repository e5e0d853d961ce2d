package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.Pickles;
import detangle.testing.TorchCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PyTorchReaderTest {
    @TempDir
    Path folder;

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    /** {@code {"w": tensor}} of a storage with 6 floats. */
    private static String state(long offset, String sizes, String strides, long elements, String type) {
        return Pickles.state("w", Pickles.tensor("0", type, elements, offset, sizes, strides));
    }

    private static String pair(long a, long b) {
        return Pickles.number(a) + Pickles.number(b) + "\u0086";
    }

    private Path zip(String pickle, byte[] storage) throws IOException {
        Path file = folder.resolve("pytorch_model.bin");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            TorchCheckpoint.add(out, "archive/data.pkl", Pickles.bytes(pickle));
            TorchCheckpoint.add(out, "archive/data/0", storage);
        }
        return file;
    }

    @Test
    void tensorsAndTheirViews() throws IOException {
        byte[] storage = floats(0, 1, 2, 3, 4, 5);
        try (Weights weights = Weights.open(zip(state(0, pair(2, 3), pair(3, 1), 6, "FloatStorage"), storage))) {
            assertArrayEquals(new long[] {2, 3}, weights.get("w").shape());
            assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, weights.get("w").toFloats());
        }
        try (Weights weights = Weights.open(zip(state(0, pair(3, 2), pair(1, 3), 6, "FloatStorage"), storage))) {
            assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, weights.get("w").toFloats());
        }
        try (Weights weights = Weights.open(zip(state(3, pair(1, 3), pair(9, 1), 6, "FloatStorage"), storage))) {
            assertArrayEquals(new float[] {3, 4, 5}, weights.get("w").toFloats());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | 2 | 3 | 3 | 1 | 6 | FloatStorage | leads out of its storage",
                "0 | 2 | 3 | 4 | 1 | 6 | FloatStorage | leads out of its storage",
                "0 | 99999 | 99999 | 0 | 0 | 6 | FloatStorage | leads out of its storage",
                "0 | -2 | -3 | 3 | 1 | 6 | FloatStorage | size or stride -2",
                "-1 | 2 | 3 | 3 | 1 | 6 | FloatStorage | offset -1",
                "0 | 9223372036854775807 | 3 | 3 | 1 | 6 | FloatStorage | overflow",
                "0 | 2 | 3 | 3 | 1 | 7 | FloatStorage | no storage '0' of 28 bytes",
                "0 | 2 | 3 | 3 | 1 | -6 | FloatStorage | a storage of -6 elements",
                "0 | 2 | 3 | 3 | 1 | 6 | DoubleStorage | no storage '0' of 48 bytes",
                "0 | 2 | 3 | 3 | 1 | 6 | SpecialStorage | wants to call torch.SpecialStorage",
            })
    void hostileZips(long offset, long rows, long columns, long s0, long s1, long elements, String type, String message)
            throws IOException {
        String pickle = state(offset, pair(rows, columns), pair(s0, s1), elements, type);
        Path file = zip(pickle, floats(0, 1, 2, 3, 4, 5));
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(file));
        assertTrue(refusal.getMessage().startsWith(file.toString()), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    /** What no parameter needs may be of any type; it is refused by name where something does. */
    @ParameterizedTest
    @CsvSource({
        "ByteStorage, uint8",
        "ShortStorage, int16",
        "ComplexFloatStorage, complex64",
        "QInt8Storage, qint8",
        "QUInt8Storage, quint8",
    })
    void otherTypesAreKnownByName(String storage, String type) throws IOException {
        String pickle = state(0, pair(2, 3), pair(3, 1), 6, storage);
        try (Weights weights = Weights.open(zip(pickle, new byte[6]))) {
            assertEquals(Set.of("w"), weights.names());
            assertEquals(type, weights.type("w"));
            assertFalse(weights.isReadable("w"));
            WeightsException refusal = assertThrows(WeightsException.class, () -> weights.get("w"));
            assertTrue(
                    refusal.getMessage().contains("tensor 'w' has dtype " + type + "; supported"),
                    refusal.getMessage());
            assertThrows(WeightsException.class, () -> weights.find("w"));
        }
    }

    /** Types that have no storage of their own, and quantised tensors. */
    @ParameterizedTest
    @CsvSource({
        "_rebuild_tensor_v3, torch.storage~UntypedStorage, \u0089N, ctorch~uint16~, uint16",
        "_rebuild_tensor_v3, torch.storage~UntypedStorage, \u0089N, ctorch~float8_e4m3fn~, float8_e4m3fn",
        "_rebuild_qtensor, torch~QInt8Storage, (ctorch~per_tensor_affine~K\u0001K\u0002t\u0089, N, qint8",
    })
    void newerAndQuantisedTensors(String function, String storage, String before, String after, String type)
            throws IOException {
        String pickle = ("\u0080\u0002}U\u0001wctorch._utils~" + function + "~((U\u0007storagec" + storage
                        + "~U\u00010U\u0003cpu" + Pickles.number(6) + "tQ" + Pickles.number(0)
                        + pair(2, 3) + pair(3, 1) + before + after
                        + "tRs.")
                .replace('~', '\n');
        try (Weights weights = Weights.open(zip(pickle, new byte[6]))) {
            assertEquals(type, weights.type("w"));
            assertFalse(weights.isReadable("w"));
        }
    }

    @Test
    void anArchiveThatWasCutOffIsCalledOne() throws IOException {
        Path file = zip(state(0, pair(2, 3), pair(3, 1), 6, "FloatStorage"), floats(0, 1, 2, 3, 4, 5));
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(file));
        assertTrue(
                refusal.getMessage().contains("a damaged zip archive, as a download that was cut off"),
                refusal.getMessage());
    }

    /** Newer archives have entries in front of the pickle, and one that tells the order of bytes. */
    @Test
    void archivesHaveOtherEntriesToo() throws IOException {
        Path file = folder.resolve("pytorch_model.bin");
        String pickle = state(0, pair(2, 3), pair(3, 1), 6, "FloatStorage");
        for (String order : new String[] {"little", "big"}) {
            try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
                TorchCheckpoint.add(out, "archive/.format_version", Pickles.bytes("1"));
                TorchCheckpoint.add(out, "archive/byteorder", Pickles.bytes(order));
                TorchCheckpoint.add(out, "archive/data.pkl", Pickles.bytes(pickle));
                TorchCheckpoint.add(out, "archive/data/0", floats(0, 1, 2, 3, 4, 5));
            }
            if (order.equals("little")) {
                try (Weights weights = Weights.open(file)) {
                    assertArrayEquals(
                            new float[] {0, 1, 2, 3, 4, 5}, weights.get("w").toFloats());
                }
            } else {
                WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(file));
                assertEquals(
                        file + ": its numbers are big-endian; save it again on another machine", refusal.getMessage());
            }
        }
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            TorchCheckpoint.add(out, "archive/other.pkl", Pickles.bytes(pickle));
        }
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(file));
        assertEquals(file + ": a zip archive without data.pkl: no checkpoint", refusal.getMessage());
    }

    @Test
    void compressedStoragesAreRefused() throws IOException {
        Path file = folder.resolve("pytorch_model.bin");
        String pickle = state(0, pair(2, 3), pair(3, 1), 6, "FloatStorage");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            TorchCheckpoint.add(out, "archive/data.pkl", Pickles.bytes(pickle));
            out.putNextEntry(new ZipEntry("archive/data/0"));
            out.write(floats(0, 1, 2, 3, 4, 5));
        }
        assertThrows(WeightsException.class, () -> Weights.open(file));
    }

    @Test
    void nothingIsCalled() throws IOException {
        Path file = zip("cos\nsystem\n(U\u0002lstR.", new byte[0]);
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(file));
        assertTrue(refusal.getMessage().contains("os.system"), refusal.getMessage());
    }

    private static byte[] stream() {
        return Pickles.stream(
                state(0, pair(2, 3), pair(3, 1), 6, "FloatStorage"),
                Pickles.PROTO + "](" + Pickles.text("0") + "e.",
                Pickles.storage(6, floats(0, 1, 2, 3, 4, 5)));
    }

    @Test
    void streams() throws IOException {
        Path file = folder.resolve("pytorch_model.bin");
        Files.write(file, stream());
        try (Weights weights = Weights.open(file)) {
            assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, weights.get("w").toFloats());
        }
    }

    /** A stream cut off or changed anywhere gives tensors or a message that names the file. */
    @Test
    void damagedStreams() throws IOException {
        byte[] whole = stream();
        Path file = folder.resolve("pytorch_model.bin");
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 1_000; i++) {
            byte[] damaged = i < whole.length ? Arrays.copyOf(whole, i) : whole.clone();
            if (i >= whole.length) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            try (Weights weights = Weights.open(file)) {
                weights.names().forEach(name -> weights.get(name).toDoubles());
            } catch (WeightsException e) {
                assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
            }
        }
    }
}

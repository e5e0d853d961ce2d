package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
    @TempDir
    Path folder;

    @Test
    void everyTypeComesBack() {
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        double[] values = {0, 1, -2, 3.5, 100, -7};
        for (DType dtype : DType.values()) {
            tensors.put("a." + dtype.text(), Tensor.ofDoubles(dtype, values, 2, 3));
        }
        tensors.put("scalar \"é\"", Tensor.of(new float[] {4.25f}));
        tensors.put("empty", Tensor.of(new long[0], 3, 0));
        Path file = folder.resolve("t.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));

        try (Weights weights = Weights.open(file)) {
            assertEquals(tensors.keySet(), weights.names());
            assertEquals(Map.of("format", "pt"), weights.metadata());
            tensors.forEach((name, tensor) -> {
                Tensor read = weights.get(name);
                assertEquals(tensor.dtype(), read.dtype());
                assertArrayEquals(tensor.shape(), read.shape());
                assertArrayEquals(tensor.toDoubles(), read.toDoubles());
                assertEquals(file, weights.source(name));
            });
        }
    }

    @Test
    void tensorsThatAreMadeOneByOneMakeTheSameFile() throws IOException {
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("narrow", Tensor.ofDoubles(DType.F16, new double[] {1, 2, 3}, 3));
        tensors.put("wide", Tensor.of(new long[] {4, 5}, 1, 2));
        LinkedHashMap<String, TensorType> types = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> types.put(name, tensor.type()));
        Path together = folder.resolve("together.safetensors");
        Path each = folder.resolve("each.safetensors");
        SafetensorsWriter.write(together, tensors, Map.of());
        List<String> made = new ArrayList<>();
        SafetensorsWriter.writeEach(each, types, name -> {
            made.add(name);
            return tensors.get(name);
        });
        assertArrayEquals(Files.readAllBytes(together), Files.readAllBytes(each));
        assertEquals(List.of("wide", "narrow"), made);

        Path another = folder.resolve("another.safetensors");
        assertThrows(
                IllegalArgumentException.class,
                () -> SafetensorsWriter.writeEach(another, types, name -> tensors.get("wide")));
        assertTrue(Files.notExists(another));
    }

    @Test
    void everyTensorStartsAtItsAlignment() {
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("b", Tensor.of(new boolean[] {true, false, true}, 3));
        tensors.put("d", Tensor.of(new double[] {1}, 1));
        tensors.put("f", Tensor.of(new float[] {2}, 1));
        Path file = folder.resolve("t.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        try (Weights weights = Weights.open(file)) {
            assertEquals(0, weights.get("d").data().address() % 8);
            assertEquals(0, weights.get("f").data().address() % 4);
            assertEquals(List.of("d", "f", "b"), List.copyOf(weights.names()));
        }
    }

    @Test
    void moreThanOneChunk() {
        float[] values = new float[700_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        Path file = folder.resolve("t.safetensors");
        SafetensorsWriter.write(file, one("x", Tensor.of(values, values.length)), Map.of());
        try (Weights weights = Weights.open(file)) {
            assertArrayEquals(values, weights.get("x").toFloats());
        }
    }

    @Test
    void replacesAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("t.safetensors");
        Files.writeString(file, "old");
        SafetensorsWriter.write(file, one("x", Tensor.of(new int[] {5}, 1)), Map.of());
        try (Weights weights = Weights.open(file)) {
            assertEquals(5, weights.get("x").getLong(0));
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void failureLeavesTheOldFileAndNothingElse() throws IOException {
        Path occupied = Files.createDirectory(folder.resolve("t.safetensors"));
        Files.writeString(occupied.resolve("keep"), "kept");
        WeightsException failure = assertThrows(
                WeightsException.class,
                () -> SafetensorsWriter.write(occupied, one("x", Tensor.of(new int[] {5}, 1)), Map.of()));
        assertEquals(occupied + ": cannot be written: it is there and is not a regular file", failure.getMessage());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(occupied), files.toList());
        }
        WeightsException missing = assertThrows(
                WeightsException.class,
                () -> SafetensorsWriter.write(
                        folder.resolve("no/t.safetensors"), one("x", Tensor.of(new int[] {5}, 1)), Map.of()));
        assertTrue(missing.getMessage().endsWith("its folder does not exist"), missing.getMessage());
    }

    @Test
    void bytesAreThoseOfTheFormat() throws IOException {
        Path file = folder.resolve("t.safetensors");
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("b", Tensor.of(new boolean[] {true, false}, 2));
        tensors.put("i", Tensor.of(new int[] {1, -1}, 2, 1));
        SafetensorsWriter.write(file, tensors, new TreeMap<>(Map.of("format", "pt", "by", "a test")));
        String json = "{\"__metadata__\":{\"by\":\"a test\",\"format\":\"pt\"},"
                + "\"i\":{\"dtype\":\"I32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[8,10]}}";
        // Spaces fill the header up to a multiple of eight.
        assertEquals(156, json.length());
        String header = json + "    ";
        ByteBuffer expected = ByteBuffer.allocate(8 + 160 + 10).order(ByteOrder.LITTLE_ENDIAN);
        expected.putLong(160)
                .put(header.getBytes(StandardCharsets.UTF_8))
                .putInt(1)
                .putInt(-1);
        expected.put((byte) 1).put((byte) 0);
        assertArrayEquals(expected.array(), Files.readAllBytes(file));
    }

    @Test
    void headersOfAMultipleOfEightAreNotPadded() throws IOException {
        Path file = folder.resolve("t.safetensors");
        for (int length = 1; length <= 8; length++) {
            String name = "x".repeat(length);
            SafetensorsWriter.write(file, one(name, Tensor.of(new int[] {5}, 1)), Map.of());
            int json = ("{\"" + name + "\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}").length();
            assertEquals(8 + Math.ceilDiv(json, 8) * 8 + 4, Files.size(file));
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "making a link needs a right that users lack there")
    void aLinkStaysALink() throws IOException {
        Path behind = Files.writeString(folder.resolve("behind"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("t.safetensors"), behind);
        SafetensorsWriter.write(link, one("x", Tensor.of(new int[] {5}, 1)), Map.of());
        assertTrue(Files.isSymbolicLink(link));
        try (Weights weights = Weights.open(behind)) {
            assertEquals(5, weights.get("x").getLong(0));
        }
    }

    @Test
    void metadataCannotBeATensor() {
        Path file = folder.resolve("t.safetensors");
        WeightsException refusal = assertThrows(
                WeightsException.class,
                () -> SafetensorsWriter.write(file, one("__metadata__", Tensor.of(new int[] {5}, 1)), Map.of()));
        assertEquals(file + ": __metadata__ cannot name a tensor", refusal.getMessage());
        assertTrue(Files.notExists(file));
    }

    @Test
    void tensorsAreOfTheTypeThatWasSaid() {
        Path file = folder.resolve("t.safetensors");
        LinkedHashMap<String, TensorType> types = new LinkedHashMap<>();
        types.put("x", Tensor.of(new int[] {1, 2}, 2).type());
        for (Tensor other : List.of(
                Tensor.of(new int[] {1, 2}, 1, 2), Tensor.of(new float[] {1, 2}, 2), Tensor.of(new int[1], 1))) {
            IllegalArgumentException fault = assertThrows(
                    IllegalArgumentException.class, () -> SafetensorsWriter.writeEach(file, types, name -> other));
            assertEquals("the tensor x is not of the type that types has for it", fault.getMessage());
        }
        assertTrue(Files.notExists(file));
    }

    @Test
    void tensorWhoseMemoryIsGoneLeavesNothing() throws IOException {
        Path file = folder.resolve("t.safetensors");
        SafetensorsWriter.write(file, one("x", Tensor.of(new int[] {5}, 1)), Map.of());
        Weights closed = Weights.open(file);
        Tensor gone = closed.get("x");
        closed.close();
        assertThrows(
                IllegalStateException.class,
                () -> SafetensorsWriter.write(folder.resolve("u.safetensors"), one("x", gone), Map.of()));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void everyFixtureReadsAndComesBack() throws IOException {
        Path goldens = SharedFiles.require("goldens");
        try (Stream<Path> files = Files.walk(goldens)) {
            List<Path> fixtures =
                    files.filter(f -> f.toString().endsWith(".safetensors")).toList();
            assertTrue(fixtures.size() >= 34 * 2, "only " + fixtures.size() + " files");
            for (Path fixture : fixtures) {
                Path copy = folder.resolve("copy.safetensors");
                try (Weights original = Weights.open(fixture)) {
                    LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
                    original.names().forEach(name -> tensors.put(name, original.get(name)));
                    SafetensorsWriter.write(copy, tensors, original.metadata());
                    try (Weights read = Weights.open(copy)) {
                        assertEquals(original.names(), read.names());
                        tensors.forEach((name, tensor) -> assertEquals(
                                -1, tensor.data().mismatch(read.get(name).data()), name));
                    }
                }
            }
        }
    }

    private static LinkedHashMap<String, Tensor> one(String name, Tensor tensor) {
        return new LinkedHashMap<>(Map.of(name, tensor));
    }
}

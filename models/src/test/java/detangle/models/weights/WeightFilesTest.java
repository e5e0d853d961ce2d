package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightFilesTest {
    @TempDir
    Path folder;

    /**
     * A file that is there is not taken in the place of a link that leads nowhere: they may be of different versions.
     */
    @ParameterizedTest
    @CsvSource({
        "model.safetensors, nothing, pytorch_model.bin",
        "model.safetensors, model.safetensors, pytorch_model.bin",
        "model.safetensors.index.json, nothing, pytorch_model.bin",
        "model.safetensors, nothing, model.safetensors.index.json",
        "pytorch_model.bin, nothing, ",
    })
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "making a link needs a right that users lack there")
    void linksThatLeadNowhere(String link, String target, String other) throws IOException {
        if (other != null) {
            SafetensorsWriter.write(
                    folder.resolve(other), new LinkedHashMap<>(Map.of("w", Tensor.of(new float[1], 1))), Map.of());
        }
        Path file = Files.createSymbolicLink(folder.resolve(link), Path.of(target));
        assertTrue(Weights.existIn(folder));
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(folder));
        assertEquals(
                file + ": is a link that leads to no file: download the file itself, or mend the link",
                refusal.getMessage());
    }

    private static void write(Path file, String name, float value) {
        SafetensorsWriter.write(file, new LinkedHashMap<>(Map.of(name, Tensor.of(new float[] {value}, 1))), Map.of());
    }

    private void assertRefused(Path named, String message) {
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(folder));
        assertEquals(named + ": " + message, refusal.getMessage());
    }

    @Test
    void aFolderIsSearchedInOrder() throws IOException {
        assertFalse(Weights.existIn(folder));
        String none = "no weights: neither model.safetensors nor pytorch_model.bin is there, nor their .index.json";
        assertRefused(folder, none);
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        assertRefused(folder, none + "; it is an adapter: name the model it was trained for, and it by --adapter");
        assertFalse(Weights.existIn(folder));
        // Files of one kind may stand under the name of another: their first bytes tell.
        int number = 0;
        for (String name : List.of("pytorch_model.bin", "model.safetensors")) {
            write(folder.resolve(name), "w", ++number);
            assertTrue(Weights.existIn(folder));
            try (Weights weights = Weights.open(folder)) {
                assertEquals(number, weights.get("w").getDouble(0));
                assertEquals(folder.resolve(name), weights.origin());
            }
        }
    }

    @Test
    void shardsAreJoined() throws IOException {
        write(folder.resolve("a.safetensors"), "x", 1);
        write(folder.resolve("b.safetensors"), "y", 2);
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\":{\"y\":\"b.safetensors\",\"x\":\"a.safetensors\"}}");
        assertTrue(Weights.existIn(folder));
        for (Path path : List.of(folder, index)) {
            try (Weights weights = Weights.open(path)) {
                assertEquals(List.of("y", "x"), List.copyOf(weights.names()));
                assertEquals(1, weights.get("x").getDouble(0));
                assertEquals(2, weights.get("y").getDouble(0));
                assertEquals(folder.resolve("b.safetensors"), weights.source("y"));
                assertEquals(Map.of(), weights.metadata());
                assertEquals(index, weights.origin());
            }
        }
        Files.writeString(index, "{\"weight_map\":{\"y\":\"a.safetensors\"}}");
        assertRefused(
                folder.resolve("a.safetensors"), "no tensor 'y', which model.safetensors.index.json says is there");
    }

    @Test
    void artifactsMayBeOpenedAheadOfTheirChecksums() throws IOException {
        Path file = folder.resolve("model.dtl");
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>(Map.of("w", Tensor.of(new float[] {3}, 1)));
        Artifact.write(file, tensors, new LinkedHashMap<>(), Map.of());
        try (Weights weights = Weights.openAhead(file)) {
            assertEquals(3, weights.reading(() -> weights.get("w").getDouble(0)));
            assertEquals(file, weights.origin());
        }
        byte[] bytes = Files.readAllBytes(file);
        // The bytes of the number 3.
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf("\0\0@@")] ^= 1;
        Path damaged = Files.write(folder.resolve("damaged.dtl"), bytes);
        try (Weights weights = Weights.openAhead(damaged)) {
            ArtifactException refusal = assertThrows(
                    ArtifactException.class,
                    () -> weights.reading(() -> weights.get("w").getDouble(0)));
            assertTrue(refusal.getMessage().contains("'w' is damaged"), refusal.getMessage());
        }
        write(folder.resolve("model.safetensors"), "w", 4);
        try (Weights weights = Weights.openAhead(folder)) {
            assertEquals(4, weights.get("w").getDouble(0));
        }
    }

    @Test
    void anArtifactMayHoldAFileOfWeights() throws IOException {
        Path inner = folder.resolve("adapter.safetensors");
        write(inner, "a", 7);
        Path file = folder.resolve("model.dtl");
        LinkedHashMap<String, byte[]> sections =
                new LinkedHashMap<>(Map.of("file/adapter.safetensors", Files.readAllBytes(inner)));
        Artifact.write(file, new LinkedHashMap<>(), sections, Map.of());
        try (Weights weights = Weights.inArtifact(file, "file/adapter.safetensors")) {
            assertEquals(7, weights.get("a").getDouble(0));
            assertEquals(file.resolve("file/adapter.safetensors"), weights.origin());
        }
        assertThrows(ArtifactException.class, () -> Weights.inArtifact(file, "file/other.safetensors"));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @Test
    void kindsAreToldApartByTheirFirstBytes() throws IOException {
        assertTrue(WeightFiles.beginsAsWeights(bytes('P', 'K', 3, 4)));
        assertTrue(WeightFiles.isZip(bytes('P', 'K', 3, 4)));
        for (byte[] start : List.of(bytes('P', 'K', 3), bytes('P', 'L', 3, 4), bytes('Q', 'K', 3, 4))) {
            assertFalse(WeightFiles.isZip(start));
            assertFalse(WeightFiles.beginsAsWeights(start));
        }
        assertTrue(WeightFiles.beginsAsWeights(bytes(0x80, 2, 0x8a, 0)));
        assertTrue(WeightFiles.beginsAsWeights(bytes(0x80, 5, 0x8a, 0)));
        assertFalse(WeightFiles.beginsAsWeights(bytes(0x80, 2, 0x8a)));
        assertFalse(WeightFiles.beginsAsWeights(bytes(0x80, 1, 0x8a, 0)));
        assertFalse(WeightFiles.beginsAsWeights(bytes(0x80, 6, 0x8a, 0)));
        assertFalse(WeightFiles.beginsAsWeights(bytes(0x81, 2, 0x8a, 0)));
        assertTrue(WeightFiles.beginsAsWeights(bytes(9, 0, 0, 0, 0, 0, 0, 0, '{')));
        assertFalse(WeightFiles.beginsAsWeights(bytes(9, 0, 0, 0, 0, 0, 0, 0)));
        assertFalse(WeightFiles.beginsAsWeights(bytes(9, 0, 0, 0, 0, 0, 0, 1, '{')));
        assertFalse(WeightFiles.beginsAsWeights(bytes(9, 0, 0, 0, 0, 0, 0, 0, '[')));
        write(folder.resolve("weights"), "w", 1);
        assertTrue(Weights.areIn(folder.resolve("weights")));
        assertFalse(Weights.areIn(folder));
        assertFalse(Weights.areIn(Files.writeString(folder.resolve("text"), "hello")));
    }

    @Test
    void contentHasABound() throws IOException {
        Path file = Files.write(folder.resolve("content"), new byte[2000]);
        assertEquals(2000, WeightFiles.content(file, 2000).length);
        assertEquals(1024, WeightFiles.start(file).length);
        WeightsException refusal = assertThrows(WeightsException.class, () -> WeightFiles.content(file, 1999));
        assertEquals(file + ": has 2000 bytes; the most is 1999", refusal.getMessage());
        assertThrows(WeightsException.class, () -> WeightFiles.start(folder));
        assertThrows(WeightsException.class, () -> WeightFiles.content(folder, 9));
    }
}

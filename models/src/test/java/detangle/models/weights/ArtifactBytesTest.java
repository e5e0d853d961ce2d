package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each reader of an artifact refuses a damaged byte of what it reads, and a header that is not as it was written. */
class ArtifactBytesTest {
    private static final byte[] CONFIG = "the configuration".getBytes(StandardCharsets.UTF_8);
    private static final byte[] PROGRAM = "the program".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void writeArtifact() {
        file = folder.resolve("model.dtl");
        SequencedMap<String, Tensor> weights = new LinkedHashMap<>();
        weights.put("w", Tensor.of(new float[] {1, 2, 3}, 3));
        SequencedMap<String, byte[]> sections = new LinkedHashMap<>();
        sections.put("file/config.json", CONFIG);
        sections.put("program/packed", PROGRAM);
        Artifact.write(file, weights, sections, Map.of("heads", "none"));
    }

    /** Changes a byte of what the file holds somewhere: of a copy, as the header of a file is kept. */
    private Path damaged(byte[] what, int offset) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = text.lastIndexOf(new String(what, StandardCharsets.ISO_8859_1));
        bytes[at + offset] ^= 1;
        return Files.write(folder.resolve("damaged" + offset + ".dtl"), bytes);
    }

    private static void assertRefused(String message, Runnable reader) {
        ArtifactException refusal = assertThrows(ArtifactException.class, reader::run);
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    @Test
    void whatIsWrittenIsRead() {
        assertArrayEquals(CONFIG, Artifact.section(file, "file/config.json").orElseThrow());
        assertEquals(Optional.empty(), Artifact.section(file, "file/other.json"));
        assertTrue(Artifact.hasSection(file, "program/packed"));
        assertFalse(Artifact.hasSection(file, "program/other"));
        assertEquals("none", Artifact.manifest(file).path("heads").asString());
        Artifact.verify(file);
        try (Weights weights = Weights.open(file)) {
            assertEquals("[w]", weights.names().toString());
            assertEquals(3, weights.get("w").getDouble(2));
        }
    }

    @Test
    void sectionsAreComparedWithTheirChecksums() throws IOException {
        Path last = damaged(PROGRAM, PROGRAM.length - 1);

        assertArrayEquals(CONFIG, Artifact.section(last, "file/config.json").orElseThrow());
        assertRefused("'program/packed' is damaged", () -> Artifact.section(last, "program/packed"));
        assertRefused("'program/packed' is damaged", () -> Artifact.verify(last));
    }

    @Test
    void weightsAreComparedWithTheirChecksums() throws IOException {
        byte[] three = {0, 0, 0x40, 0x40};
        Path damaged = damaged(three, 0);

        assertArrayEquals(CONFIG, Artifact.section(damaged, "file/config.json").orElseThrow());
        assertRefused("'w' is damaged", () -> Artifact.verify(damaged));
        assertRefused("'w' is damaged", () -> Weights.open(damaged).close());
    }

    @Test
    void theHeaderIsComparedWithItsSeal() throws IOException {
        byte[] manifest = "none".getBytes(StandardCharsets.UTF_8);
        Path damaged = damaged(manifest, 1);

        assertRefused("its header is damaged", () -> Artifact.manifest(damaged));
        assertRefused("its header is damaged", () -> Artifact.hasSection(damaged, "program/packed"));
    }

    @Test
    void sectionsHaveABound() {
        assertArrayEquals(
                PROGRAM,
                Artifact.section(file, "program/packed", PROGRAM.length).orElseThrow());
        assertRefused(
                "'program/packed' has 11 bytes; the most is 10",
                () -> Artifact.section(file, "program/packed", PROGRAM.length - 1));
    }

    @Test
    void otherFilesAreRefused() {
        assertRefused("no such file", () -> Artifact.manifest(folder.resolve("absent.dtl")));
        assertRefused("is not an artifact of Detangle", () -> Artifact.manifest(plain("plain.dtl", Map.of())));
        assertRefused(
                "is an artifact of format 2, and this version of Detangle reads 1",
                () -> Artifact.manifest(plain("later.dtl", Map.of("format", "detangle", "version", "2"))));
        assertRefused(
                "its header is damaged",
                () -> Artifact.manifest(plain("open.dtl", Map.of("format", "detangle", "version", "1"))));
    }

    private Path plain(String name, Map<String, String> metadata) {
        Path plain = folder.resolve(name);
        SafetensorsWriter.write(
                plain, new TreeMap<>(Map.of("w", Tensor.of(new float[] {1, 2, 3}, 3))), new TreeMap<>(metadata));
        return plain;
    }

    /** The name tells a section from a tensor. */
    @Test
    void namesOfSectionsHaveASlash() {
        SequencedMap<String, Tensor> weights = new LinkedHashMap<>(Map.of("w/x", Tensor.of(new float[] {1}, 1)));
        SequencedMap<String, byte[]> sections = new LinkedHashMap<>(Map.of("config", CONFIG));

        assertThrows(
                IllegalArgumentException.class, () -> Artifact.write(file, weights, new LinkedHashMap<>(), Map.of()));
        assertThrows(
                IllegalArgumentException.class, () -> Artifact.write(file, new LinkedHashMap<>(), sections, Map.of()));
    }

    @Test
    void artifactsAreKnownByTheirNames() throws IOException {
        assertTrue(Artifact.is(file));
        assertFalse(Artifact.is(folder.resolve("model.safetensors")));
        assertFalse(Artifact.is(Files.createDirectory(folder.resolve("folder.dtl"))));
    }
}

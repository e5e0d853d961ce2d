package detangle.models.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands where a small file of a model should be. */
class ModelFileTest {
    @TempDir
    Path folder;

    private static void assertRefused(Path file, String fault) {
        IOException e = assertTimeoutPreemptively(
                Duration.ofSeconds(5), () -> assertThrows(IOException.class, () -> ModelFile.read(file)));
        assertEquals(fault, e.getMessage());
    }

    private Path sparse(String name, long size) throws IOException {
        Path file = folder.resolve(name);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(size);
        }
        return file;
    }

    @Test
    void aRegularFileIsRead() throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "{}");
        assertEquals("{}", ModelFile.read(file).text());
        Path link = Files.createSymbolicLink(folder.resolve("linked.json"), file);
        assertEquals("{}", ModelFile.read(link).text());
    }

    @Test
    void sizesAreBoundedByName() throws IOException {
        assertRefused(
                sparse("config.json", 1L << 30),
                "it has 1073741824 bytes, and a file of that name may have at most 8388608");
        assertRefused(
                sparse("tokenizer.json", 1L << 40),
                "it has 1099511627776 bytes, and a file of that name may have at most 33554432");
        assertRefused(
                sparse("spm.model", (16 << 20) + 1),
                "it has 16777217 bytes, and a file of that name may have at most 16777216");
        assertEquals(8 << 20, ModelFile.read(sparse("vocab.txt", 8 << 20)).content().length);
    }

    @Test
    void whatIsNotAFileIsNotOpened() throws Exception {
        assertRefused(folder, "it is a folder and not a file");
        Path pipe = folder.resolve("pipe.json");
        assumeTrue(makesPipes(pipe), "no mkfifo");
        assertRefused(pipe, "it is a pipe or a device and not a regular file");
        Path device = Files.createSymbolicLink(folder.resolve("zero.json"), Path.of("/dev/zero"));
        assertRefused(device, "it is a pipe or a device and not a regular file");
    }

    /** A model without the file would be another, so a broken link is not the same as no file. */
    @Test
    void brokenLinksAreSaid() throws IOException {
        Path broken = Files.createSymbolicLink(folder.resolve("tokenizer_config.json"), folder.resolve("absent"));
        assertRefused(broken, "it is a link to a file that does not exist");
        assertTrue(new ModelFiles.OfFolder(folder).has("tokenizer_config.json"));
        assertFalse(new ModelFiles.OfFolder(folder).has("config.json"));
        assertRefused(folder.resolve("config.json"), "it does not exist");
        Path loop = folder.resolve("loop.json");
        Files.createSymbolicLink(loop, loop);
        IOException e = assertThrows(IOException.class, () -> ModelFile.read(loop));
        assertFalse(e.getMessage().isBlank());
    }

    @Test
    void anEmptyFileIsSaidToBeEmpty() throws IOException {
        IOException e = assertThrows(IOException.class, () -> ModelFile.read(sparse("config.json", 0)));
        assertTrue(e.getMessage().startsWith("it is empty"), e.getMessage());
    }

    private static boolean makesPipes(Path pipe) {
        try {
            return new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }
}

package detangle.models.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFolderTest {
    @TempDir
    Path root;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void appearsWithAllOfItsFiles() throws IOException {
        WholeFolder.write(root.resolve("a/b"), folder -> {
            Files.writeString(folder.resolve("one"), "1");
            Files.createDirectory(folder.resolve("inner"));
            Files.writeString(folder.resolve("inner/two"), "2");
        });
        assertEquals("1", Files.readString(root.resolve("a/b/one")));
        assertEquals("2", Files.readString(root.resolve("a/b/inner/two")));
        assertEquals(List.of("a"), names());
    }

    /** As a full disk does, in the middle of the second file. */
    @Test
    void leavesNothingBehindIfItFails() throws IOException {
        Path folder = root.resolve("model");
        FolderException full = assertThrows(
                FolderException.class,
                () -> WholeFolder.write(folder, part -> {
                    Files.writeString(part.resolve("one"), "1");
                    throw new FileSystemException(part.toString(), null, "No space left on device");
                }));
        assertEquals(folder + ": cannot be written: No space left on device", full.getMessage());
        assertThrows(
                IllegalStateException.class,
                () -> WholeFolder.write(folder, part -> {
                    throw new IllegalStateException("a fault of the caller");
                }));
        assertEquals(List.of(), names());
    }

    @Test
    void replacesNothing() throws IOException {
        Path folder = root.resolve("model");
        Files.createDirectory(folder);
        WholeFolder.write(folder, part -> Files.writeString(part.resolve("one"), "1"));
        FolderException there = assertThrows(FolderException.class, () -> WholeFolder.write(folder, part -> {}));
        assertEquals(folder + ": is there and not empty: choose another name, or remove it", there.getMessage());
        FolderException file =
                assertThrows(FolderException.class, () -> WholeFolder.write(folder.resolve("one"), part -> {}));
        assertTrue(file.getMessage().endsWith("is there and is not a folder: choose another name"), file.getMessage());
        assertEquals("1", Files.readString(folder.resolve("one")));
    }
}

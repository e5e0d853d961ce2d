package detangle.models.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFilesTest {
    @TempDir
    Path root;

    private static void write(Path file, String text) throws IOException {
        WholeFiles.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void filesGetTheirNamesTogether() throws IOException {
        Path one = Files.writeString(root.resolve("one"), "before");
        try (WholeFiles files = new WholeFiles()) {
            Files.writeString(files.part(one), "1");
            assertEquals(files.part(one), files.part(one));
            Files.writeString(files.part(root.resolve("two")), "2");
            assertEquals("before", Files.readString(one));
            files.publish();
        }
        assertEquals(List.of("one", "two"), names());
        assertEquals("1", Files.readString(one));
    }

    @Test
    void nothingIsReplacedIfOneWasNotWritten() throws IOException {
        Path one = Files.writeString(root.resolve("one"), "before");
        try (WholeFiles files = new WholeFiles()) {
            Files.writeString(files.part(one), "1");
            files.part(root.resolve("two"));
            assertThrows(NoSuchFileException.class, files::publish);
        }
        assertEquals(List.of("one"), names());
        assertEquals("before", Files.readString(one));
    }

    @Test
    void aLinkStaysAndTheFileBehindItIsReplaced() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "before");
        Path link = Files.createSymbolicLink(root.resolve("link"), file);
        write(link, "after");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("after", Files.readString(file));
    }

    @Test
    void aFolderIsNotReplaced() throws IOException {
        Path folder = Files.createDirectory(root.resolve("folder"));
        FileSystemException fault = assertThrows(FileSystemException.class, () -> write(folder, "text"));
        assertEquals("it is a folder; name a file", WholeFiles.reason(fault));
        NoSuchFileException missing =
                assertThrows(NoSuchFileException.class, () -> write(root.resolve("none/file"), "text"));
        assertEquals("its folder does not exist", WholeFiles.reason(missing));
        assertEquals(List.of("folder"), names());
    }
}

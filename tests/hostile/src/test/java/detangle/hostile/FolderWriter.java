package detangle.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes files into an empty folder. It may write links, pipes and sparse files too. */
@FunctionalInterface
interface FolderWriter {
    void write(Path folder) throws IOException;

    /** One file of these bytes. Its name may have folders in front. */
    static FolderWriter file(String name, byte[] content) {
        return folder -> {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        };
    }

    /** One file of this text in UTF-8. */
    static FolderWriter file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** What this one writes, and then what another writes, which may replace files of the first. */
    default FolderWriter and(FolderWriter other) {
        return folder -> {
            write(folder);
            other.write(folder);
        };
    }
}

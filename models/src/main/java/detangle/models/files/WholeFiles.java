package detangle.models.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.UUID;

/**
 * Files that appear whole or not at all: they are written under other names beside their own, forced to the disk, and
 * renamed at the end. What is there and is neither a regular file nor a folder, such as a device or a pipe, is written
 * to directly, as a file in its place would be of no use to its reader. Behind a symbolic link it is the linked file
 * that is replaced, not the link.
 */
public final class WholeFiles implements AutoCloseable {
    private final SequencedMap<Path, Path> parts = new LinkedHashMap<>();

    public WholeFiles() {}

    /**
     * Returns where to write what is to become this file; the same place each time.
     *
     * @throws FileSystemException if there is a folder of this name
     */
    public Path part(Path file) throws IOException {
        Path whole = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        if (Files.isDirectory(whole)) {
            throw new FileSystemException(file.toString(), null, "it is a folder; name a file");
        }
        if (Files.exists(whole) && !Files.isRegularFile(whole)) {
            return whole;
        }
        return parts.computeIfAbsent(
                whole, f -> f.resolveSibling("." + f.getFileName() + "." + UUID.randomUUID() + ".part"));
    }

    /** Writes a file that is at hand. */
    public static void write(Path file, byte[] content) throws IOException {
        try (WholeFiles files = new WholeFiles()) {
            Files.write(files.part(file), content);
            files.publish();
        }
    }

    /**
     * Gives all of them their names, in the order in which they were asked for, once all are on the disk.
     *
     * @throws NoSuchFileException if one that was asked for was not written
     */
    public void publish() throws IOException {
        for (Path part : parts.values()) {
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
        for (Map.Entry<Path, Path> entry : parts.entrySet()) {
            Files.move(
                    entry.getValue(),
                    entry.getKey(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Returns why a file cannot be written, in words: some of these exceptions' messages are bare paths. */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing ->
                isInFolder(missing.getFile()) ? "its folder takes no new files" : "its folder does not exist";
            case FileAlreadyExistsException there -> there.getFile() + " is there, and is not a folder";
            case AccessDeniedException denied -> "no permission to write there";
            // Its message is a path, and the reason apart.
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> e.getMessage();
        };
    }

    /** Returns whether a file could be there: /proc and its like have folders in which nothing can be made. */
    private static boolean isInFolder(String file) {
        Path folder = file == null ? null : Path.of(file).toAbsolutePath().getParent();
        return folder != null && Files.isDirectory(folder);
    }

    /** Leaves nothing half-written behind. */
    @Override
    public void close() throws IOException {
        for (Path part : parts.values()) {
            Files.deleteIfExists(part);
        }
    }
}

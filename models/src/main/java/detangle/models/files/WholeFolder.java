package detangle.models.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all: it is filled under another name beside its own, its files are forced to
 * the disk, and then it is renamed. Whatever fails on the way, such as a disk that is full, leaves nothing behind.
 */
public final class WholeFolder {
    private WholeFolder() {}

    /** Fills an empty folder. */
    @FunctionalInterface
    public interface Content {
        void write(Path folder) throws IOException;
    }

    /**
     * Makes a folder. Folders above it are made if they are not there; one of its name may be there if it is empty.
     *
     * @throws FolderException if something is there already, or the folder cannot be written
     */
    public static void write(Path folder, Content content) {
        Path whole = folder.toAbsolutePath().normalize();
        Path part = whole.resolveSibling("." + whole.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            refuseContent(folder, whole);
            Files.createDirectories(part);
            try {
                content.write(part);
                force(part);
                Files.deleteIfExists(whole);
                Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
                forceFolder(whole.getParent());
            } finally {
                delete(part);
            }
        } catch (IOException e) {
            throw new FolderException(folder, "cannot be written: " + WholeFiles.reason(e), e);
        }
    }

    private static void refuseContent(Path folder, Path whole) throws IOException {
        if (Files.exists(whole) && !Files.isDirectory(whole)) {
            throw new FolderException(folder, "is there and is not a folder: choose another name");
        }
        if (Files.isDirectory(whole)) {
            try (Stream<Path> files = Files.list(whole)) {
                if (files.findAny().isPresent()) {
                    throw new FolderException(folder, "is there and not empty: choose another name, or remove it");
                }
            }
        }
    }

    /** Writes the content of the folder to the disk before it returns. */
    private static void force(Path folder) throws IOException {
        for (Path path : deepestFirst(folder)) {
            if (Files.isDirectory(path)) {
                forceFolder(path);
            } else {
                try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    file.force(true);
                }
            }
        }
    }

    /** Windows opens no folder, and forces the names in it by itself. */
    private static void forceFolder(Path folder) throws IOException {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        } catch (AccessDeniedException e) {
            if (Files.isReadable(folder)
                    && folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                throw e;
            }
        }
    }

    /** Deletes a folder with all that is in it, if it is there. */
    public static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            for (Path path : deepestFirst(folder)) {
                Files.delete(path);
            }
        }
    }

    private static List<Path> deepestFirst(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted(Comparator.reverseOrder()).toList();
        }
    }
}

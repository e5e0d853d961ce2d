package detangle.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Folders that hold what a measurement needs for a while. */
public final class Folders {
    private static final String PREFIX = "detangle-bench";

    /** A file of a temporary folder that its process keeps locked, so that others can tell when it has ended. */
    private static final String LOCKED = ".locked";

    /** A process locks that file sooner than this after it has made it. */
    private static final Duration UNLOCKED = Duration.ofMinutes(1);

    private static final int SHUTDOWN_ATTEMPTS = 5;
    private static final long ATTEMPT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** The temporary folders of this process, each with the channel of its lock. */
    private static final Map<Path, FileChannel> OPEN = new ConcurrentHashMap<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Folders::deleteAll));
    }

    private Folders() {}

    /**
     * Returns a new one, among the system's temporary files. It is deleted when the process ends, if nobody has done so
     * before, and those of processes that were killed are deleted now.
     */
    public static Path temporary() {
        try {
            Path folder = Files.createTempDirectory(PREFIX);
            FileChannel channel =
                    FileChannel.open(folder.resolve(LOCKED), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            channel.lock();
            OPEN.put(folder, channel);
            deleteAbandoned(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Deletes the temporary folders beside one whose processes have ended. Folders of other users stay. A folder that
     * cannot be deleted stays too, since the measurement that begins does not need its place.
     */
    private static void deleteAbandoned(Path own) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(own.getParent(), PREFIX + "*")) {
            for (Path folder : folders) {
                if (!OPEN.containsKey(folder)) {
                    deleteIfAbandoned(folder, own);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return; // The next process tries again.
        }
    }

    private static void deleteIfAbandoned(Path folder, Path own) {
        Path locked = folder.resolve(LOCKED);
        try {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    || !Files.isRegularFile(locked, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(folder).equals(Files.getOwner(own))
                    || isNew(locked)) {
                return;
            }
            try (FileChannel channel = FileChannel.open(locked, StandardOpenOption.WRITE)) {
                if (channel.tryLock() == null) {
                    return;
                }
                deleteContent(folder);
            }
            deleteEmptied(folder);
        } catch (IOException | OverlappingFileLockException e) {
            return; // Somebody else uses or deletes it, or a file stays: the next process tries again.
        }
    }

    /** Returns whether the process that made a file may not have come to lock it. */
    private static boolean isNew(Path locked) throws IOException {
        return Files.getLastModifiedTime(locked, LinkOption.NOFOLLOW_LINKS)
                .toInstant()
                .isAfter(Instant.now().minus(UNLOCKED));
    }

    /** Deletes the folders of a process that is told to end while it still writes to them. */
    private static void deleteAll() {
        for (Path folder : OPEN.keySet()) {
            for (int attempt = 0; Files.exists(folder) && attempt < SHUTDOWN_ATTEMPTS; attempt++) {
                try {
                    delete(folder);
                } catch (UncheckedIOException e) {
                    LockSupport.parkNanos(ATTEMPT_NANOS);
                }
            }
        }
    }

    /** Deletes a folder with all that is in it, if it is there. */
    public static void delete(Path folder) {
        try {
            // The lock goes last, as other processes delete what is not locked.
            deleteContent(folder);
            FileChannel channel = OPEN.get(folder);
            if (channel != null) {
                channel.close();
            }
            deleteEmptied(folder);
            OPEN.remove(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteEmptied(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(LOCKED));
        Files.deleteIfExists(folder);
    }

    /** Deletes all that is in a folder but the file that is locked. Another may delete the same at the same time. */
    private static void deleteContent(Path folder) throws IOException {
        Path locked = folder.resolve(LOCKED);
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!file.equals(locked)) {
                    Files.deleteIfExists(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                if (!dir.equals(folder)) {
                    Files.deleteIfExists(dir);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

package detangle.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Folders that hold what a measurement needs for a while. */
public final class Folders {
    private static final String PREFIX = "detangle-bench";

    /** A file of a temporary folder that its process keeps locked, so that others can tell when it has ended. */
    private static final String LOCKED = ".locked";

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

    /** Deletes the temporary folders beside one whose processes have ended. Those of other users stay. */
    private static void deleteAbandoned(Path own) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(own.getParent(), PREFIX + "*")) {
            for (Path folder : folders) {
                if (!OPEN.containsKey(folder) && isAbandoned(folder, own)) {
                    delete(folder);
                }
            }
        }
    }

    private static boolean isAbandoned(Path folder, Path own) {
        Path locked = folder.resolve(LOCKED);
        try {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    || !Files.isRegularFile(locked, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(folder).equals(Files.getOwner(own))) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(locked, StandardOpenOption.WRITE)) {
                return channel.tryLock() != null;
            }
        } catch (IOException | OverlappingFileLockException e) {
            return false; // Somebody else uses or deletes it.
        }
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
        if (!Files.exists(folder)) {
            return;
        }
        try {
            FileChannel channel = OPEN.get(folder);
            if (channel != null) {
                channel.close();
            }
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                    Files.delete(dir);
                    return FileVisitResult.CONTINUE;
                }
            });
            OPEN.remove(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
